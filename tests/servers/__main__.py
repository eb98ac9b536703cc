"""`python -m tests.servers start|stop|status|run COMMAND`: the real servers on 127.0.0.1, for tests and for trying."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests.servers import shared


def main(words: list[str]) -> int:
    match words:
        case ["start"]:
            return start()
        case ["stop"]:
            print("stopped:", ", ".join(shared.stop()) or "nothing ran")
        case ["status"]:
            show(shared.addresses())
        case ["run", _, *_]:
            return run(words[1:])
        case _:
            print("expected start, stop, status, or run and a command", file=sys.stderr)
            return 2
    return 0


def start() -> int:
    addresses, failures = shared.start()
    show(addresses)
    for name, reason in failures.items():
        print(f"{name} is not started. {reason}", file=sys.stderr)
    return 1 if failures and os.environ.get("CI") == "true" else 0


def show(addresses: dict[str, str]) -> None:
    for name, address in addresses.items():
        print(f"export {shared.VARIABLES[name]}={address}", flush=True)


def run(command: list[str]) -> int:
    """The command's exit code. Servers that did not run before it are stopped after it, whatever happened."""
    before = shared.addresses()
    try:
        if code := start():
            return code
        with subprocess.Popen(command) as child:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command hears Ctrl-C too, and ends
            signal.signal(signal.SIGTERM, lambda *_: child.terminate())
            code = child.wait()
            return code if code >= 0 else 128 - code  # as a shell says that a signal ended it
    finally:
        shared.stop([name for name in shared.KINDS if name not in before])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m tests.servers start|stop|status`: the real servers on 127.0.0.1, for tests and for trying Wasl on them."""

from __future__ import annotations

import os
import sys

from tests.servers import shared


def main(verb: str) -> int:
    match verb:
        case "start":
            addresses, failures = shared.start()
        case "stop":
            print("stopped:", ", ".join(shared.stop()) or "nothing ran")
            return 0
        case "status":
            addresses, failures = shared.addresses(), {}
        case _:
            print(f"{verb or 'no word'}: expected start, stop or status", file=sys.stderr)
            return 2
    for name, address in addresses.items():
        print(f"export {shared.VARIABLES[name]}={address}")
    for name, reason in failures.items():
        print(f"{name} is not started. {reason}", file=sys.stderr)
    return 1 if failures and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))

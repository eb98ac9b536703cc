"""What mediation tells senders that wait for it (`acknowledge: resolved`): refusals, refused parts, what is parked."""

from __future__ import annotations

from collections.abc import Sequence

from channels.outputs import Mediated, waiting
from registries.outcomes import Outcome, Outcomes
from schemas.message import Issue


class Answers:
    """Told after the registries committed, and before the position moves: a message read again is told again."""

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes

    def tell(self, work: Sequence[Mediated]) -> None:
        """In one commit for a batch. A repeat is told what the first was. Raises Unavailable."""
        said = {one.record.headers["transaction"]: outcome(one) for one in work}
        repeats = {one.record.headers["transaction"]: first for one in work if (first := _repeated(one))}
        before = self._outcomes.of(set(repeats.values()) - said.keys()) if repeats else {}
        for transaction, first in repeats.items():
            said[transaction] = said.get(first) or before.get(first) or said[transaction]
        self._outcomes.tell(said)


def outcome(work: Mediated) -> Outcome:
    """What became of one message."""
    if work.refusal:
        return Outcome(False, tuple(work.refusal.issues), work.refusal.reject)
    if work.step and work.step["kind"] == "refused":
        return Outcome(False, (_failed(work.step.get("reason") or ""),))
    if work.translation is None:
        return Outcome(True)
    issues = [*work.issues, *(issue for part in work.translation.refused for issue in part.issues)]
    issues += [_parked(event["place"]) for n, event in enumerate(work.translation.events) if waiting(work, n)]
    return Outcome(work.outcome != "refused", tuple(issues))


def _repeated(work: Mediated) -> str:
    """The transaction that this message repeats; "" for none."""
    return (work.step.get("first") or "") if work.step and work.step["kind"] == "duplicate" else ""


def _failed(reason: str) -> Issue:
    remedy = "it is kept: whoever runs this program finds it in the journal and can run it again"
    return Issue("message", "failed", reason, remedy)


def _parked(place: str) -> Issue:
    text = "this names somebody or something that the registries do not know yet: it waits for them"
    return Issue(place, "parked", text, "nothing; it goes on by itself when they are known", severity="warning")

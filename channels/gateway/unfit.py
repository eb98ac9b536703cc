"""A channel as it stands to what is not its own: the message is refused in the format's own terms, and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from channels.channel import Channel, Match
from mediators.mediator import Context, Mediator
from schemas.message import Issue, Message, Refused

_NAMED = ("type", "application", "facility", "section", "path")


def unfit(channel: Channel) -> Channel:
    """The channel with a mediator that rejects at the door: no mending helps, the message belongs elsewhere."""
    said = channel.said.model_copy(update={"acknowledge": "checked"})
    return replace(channel, said=said, mediator=cast(Mediator, _Elsewhere(channel)))


class _Elsewhere:
    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def check(self, message: Message, context: Context) -> Sequence[Issue]:
        hl7 = "^" in message.type or not message.type
        wanted = _wanted(self._channel.said.match)
        raise Refused(
            [
                Issue(
                    at="MSH-9" if hl7 else "type",
                    reason="not for this channel",
                    text=f"the channel {self._channel.name} takes {wanted}",
                    remedy="send this message on the channel made for it",
                    code="200",
                    location="MSH^1^9",
                )
            ],
            reject=True,
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel.mediator, name)


def _wanted(match: Match) -> str:
    said = [f"{name} {' or '.join(values)}" for name in _NAMED if (values := getattr(match, name))]
    return ", ".join(said) or "another kind of message"

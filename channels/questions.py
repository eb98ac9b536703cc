"""Questions about persons: answered by the registry here, and of numbers that nobody here has by the country's. Queries
on a channel whose registry answers them are asked, audited and told in the same exchange.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from channels.channel import Channel
from mediators.mediator import Asked
from schemas.domains import Domains
from schemas.message import Message, Reply
from schemas.queries import Queried, Question

# What is asked, the domains that the asker's channel knows, and the name of that channel
Answer = Callable[[Question, Domains, str], Queried]
# None where it knows no more than the registry here
Elsewhere = Callable[[Question, Domains, str], Queried | None]
# Who is told whom
Audited = Callable[[str, list[str]], None]


@dataclass(frozen=True, slots=True)
class Answering:
    """`here` and `elsewhere` may block and raise Unavailable."""

    here: Callable[[Question, Domains], Queried]
    elsewhere: Elsewhere | None = None

    def __call__(self, question: Question, domains: Domains, channel: str) -> Queried:
        found = self.here(question, domains)
        if self.elsewhere is None or question.number is None or not self._is_nobodys(question, domains, found):
            return found
        told = self.elsewhere(question, domains, channel)
        if told is None or (found.unknown and not told.found and not told.missing):
            return found
        return told

    def _is_nobodys(self, question: Question, domains: Domains, found: Queried) -> bool:
        """Whether nobody here has the number; somebody may have it and none in the domains wanted."""
        if question.domains and not (found.found or found.missing):
            found = self.here(replace(question, domains=()), domains)
        return not found.found and found.missing in ("", "domain", "number")


class Questions:
    """`answer` may block and raise Unavailable; `audited` is given the asker and the persons before they are told."""

    def __init__(self, answer: Answer, audited: Audited) -> None:
        self._answer, self._audited = answer, audited

    async def reply(self, channel: Channel, message: Message) -> Reply | None:
        """What the asker is told; None for a message that asks nothing. Raises Refused for what can't be asked so,
        and Unavailable: then nothing is answered."""
        mediator, context = channel.mediator, channel.context
        if not channel.said.queries or not isinstance(mediator, Asked):
            return None
        question = mediator.question(message, context)
        if question is None:
            return None
        found = await asyncio.to_thread(self._found, question, channel, message.sender)
        return mediator.tell(message, context, question, found)

    def _found(self, question: Question, channel: Channel, asker: str) -> Queried:
        found = self._answer(question, channel.context.domains, channel.name)
        self._audited(asker, [one.person for one in found.found if one.person])
        return found

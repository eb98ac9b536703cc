"""Queries on a channel whose registry answers them: asked, audited and told in the same exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from channels.channel import Channel
from mediators.mediator import Asked
from schemas.domains import Domains
from schemas.message import Message, Reply
from schemas.queries import Queried, Question

Answer = Callable[[Question, Domains], Queried]
# Who is told whom
Audited = Callable[[str, list[str]], None]


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
        found = await asyncio.to_thread(self._found, question, context.domains, message.sender)
        return mediator.tell(message, context, question, found)

    def _found(self, question: Question, domains: Domains, asker: str) -> Queried:
        found = self._answer(question, domains)
        self._audited(asker, [one.person for one in found.found])
        return found

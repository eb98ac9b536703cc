"""The only door: MLLP, HTTP, FHIR, files and reruns all come through `Door.receive`.

An answer means one thing: the message is durable on the bus. What is refused is kept too, with its reasons. On a
channel with `acknowledge: resolved` the answer also waits until the registries have committed whom it is about.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from channels.bus.bus import Bus, Record
from channels.channel import Channel
from channels.questions import Questions
from channels.security.encryption import Keys
from channels.waiting import Waiting
from channels.watch import metrics
from registries.outcomes import Outcome
from schemas.message import Description, Issue, Message, Refused, Reply, Unavailable

LARGE = 256 * 1024

# Unique, not secret: the operating system's randomness costs a system call a message, and the lock with it.
_RANDOM = random.Random()


def now() -> int:
    """µs since the epoch, UTC."""
    return time.time_ns() // 1000


def transaction_id(received: int, chance: random.Random = _RANDOM) -> str:
    """A UUID (version 7) that sorts by time. A `chance` with a seed makes the same one again."""
    value = (received // 1000) << 80 | 0x7 << 76 | chance.getrandbits(12) << 64 | 0b10 << 62 | chance.getrandbits(62)
    return str(uuid.UUID(int=value))


def taken(
    channel: Channel, glance: Description, body: bytes, *, content_type: str, peer: str = "", client: str = ""
) -> Message:
    """The bytes as they came, as a message of this channel. The feed is the client, else MSH-3 and MSH-4."""
    received = now()
    return Message(
        transaction=transaction_id(received),
        channel=channel.name,
        sender=client or f"{glance.application}|{glance.facility}",
        body=body,
        content_type=content_type,
        received=received,
        control_id=glance.control_id,
        type=glance.type,
        peer=peer,
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the mediator said at the door. `final`: the answer to a query, which nothing further changes."""

    reply: Reply
    issues: Sequence[Issue]
    refused: bool
    final: bool = False


class Door:
    """Checks, makes durable, answers. `timeout` in seconds bounds how long becoming durable may take; `waiting` gives
    what the registries made of a message, `questions` answers queries."""

    def __init__(
        self,
        bus: Bus,
        keys: Keys,
        secret: bytes,
        timeout: float,
        waiting: Waiting | None = None,
        questions: Questions | None = None,
    ) -> None:
        self._bus, self._keys, self._secret, self._timeout = bus, keys, secret, timeout
        self._waiting, self._questions = waiting, questions
        self._feeds: dict[str, str] = {}

    async def receive(self, channel: Channel, message: Message) -> Reply:
        """The reply to one message. Raises Unavailable when it may not be durable: then say nothing."""
        (reply,) = await self.receive_all(channel, [message])
        return reply

    async def receive_all(self, channel: Channel, messages: Sequence[Message]) -> list[Reply]:
        """Replies to several messages (a batch) that become durable together."""
        started = time.perf_counter()
        verdicts = [await self._judge(channel, message) for message in messages]
        try:
            async with asyncio.timeout(self._timeout):
                await self._bus.publish(await self._records(channel, messages, verdicts))
        except (TimeoutError, Unavailable) as error:
            metrics.unavailable.labels(channel.name).inc(len(messages))
            raise Unavailable("the bus or the database did not confirm in time", retry_after=5) from error
        if self._waiting and channel.said.acknowledge == "resolved":
            verdicts = await self._resolved(channel, messages, verdicts, self._waiting)
        for verdict in verdicts:
            metrics.received.labels(channel.name, verdict.reply.code).inc()
            if verdict.refused:
                metrics.refused.labels(channel.name).inc()
        metrics.acknowledged.labels(channel.name).observe(time.perf_counter() - started)
        return [verdict.reply for verdict in verdicts]

    @staticmethod
    async def _resolved(
        channel: Channel, messages: Sequence[Message], verdicts: Sequence[Verdict], waiting: Waiting
    ) -> list[Verdict]:
        """The verdicts with what mediation and the registries said. Raises Unavailable: then nothing may be answered.

        Whoever runs a message again reads in the journal what became of it.
        """
        pairs = list(zip(messages, verdicts, strict=True))
        asked = [m.transaction for m, verdict in pairs if not (verdict.refused or verdict.final or m.rerun_of)]
        try:
            found = dict(zip(asked, await waiting.outcomes(asked), strict=True))
        except Unavailable:
            metrics.unavailable.labels(channel.name).inc(len(asked))
            raise
        return [_final(channel, message, verdict, found.get(message.transaction)) for message, verdict in pairs]

    async def _records(
        self, channel: Channel, messages: Sequence[Message], verdicts: Sequence[Verdict]
    ) -> list[Record]:
        def locked() -> list[Record]:
            return [self._record(channel, m, v) for m, v in zip(messages, verdicts, strict=True)]

        if channel.said.retention.alone or not all(self._keys.at_hand(channel.name, m.received) for m in messages):
            return await asyncio.to_thread(locked)  # a key is made first, in a database that may be slow
        return locked()

    async def _judge(self, channel: Channel, message: Message) -> Verdict:
        large = len(message.body) > LARGE  # a long read must not keep the other connections waiting
        verdict = await asyncio.to_thread(judge, channel, message) if large else judge(channel, message)
        if verdict.refused or self._questions is None or message.rerun_of:
            return verdict
        try:
            reply = await self._questions.reply(channel, message)
        except Refused as refused:
            return _refused(channel, message, refused)
        return Verdict(reply, verdict.issues, refused=False, final=True) if reply else verdict

    def _record(self, channel: Channel, message: Message, verdict: Verdict) -> Record:
        alone = message.transaction if channel.said.retention.alone else ""
        key_id, locked = self._keys.lock(message.body, channel.name, message.received, alone)
        headers = {
            "transaction": message.transaction,
            "channel": message.channel,
            "sender": message.sender,
            "control_id": message.control_id,
            "type": message.type,
            "content_type": message.content_type,
            "received": str(now() if message.rerun_of else message.received),
            "first_received": str(message.received),
            "sha256": message.digest,
            "size": str(len(message.body)),
            "peer": message.peer,
            "rerun_of": message.rerun_of,
            "places": orjson.dumps(message.places).decode(),
            "key": key_id,
            "reply": verdict.reply.code,
        }
        if verdict.issues:
            headers["issues"] = orjson.dumps([kept(issue) for issue in verdict.issues]).decode()
        if verdict.refused:
            headers["refused"] = "1"
        return Record(channel.topic, self.feed_key(message.feed), locked, headers)

    def feed_key(self, feed: str) -> str:
        """The feed as an opaque bus key."""
        if (known := self._feeds.get(feed)) is None:
            if len(self._feeds) > 100_000:
                self._feeds.clear()
            known = self._feeds[feed] = hmac.new(self._secret, feed.encode(), hashlib.sha256).hexdigest()[:32]
        return known


def judge(channel: Channel, message: Message) -> Verdict:
    """What the sender is told once the message is durable."""
    mediator = channel.mediator
    if channel.said.acknowledge == "received":
        return Verdict(mediator.accept(message, ()), (), refused=False)
    try:
        issues = mediator.check(message, channel.context)
        return Verdict(mediator.accept(message, issues), issues, refused=False)
    except Refused as refused:
        return _refused(channel, message, refused)


def _refused(channel: Channel, message: Message, refused: Refused) -> Verdict:
    reply = channel.mediator.refuse(message, refused.issues, reject=refused.reject)
    return Verdict(reply, refused.issues, refused=True)


def _final(channel: Channel, message: Message, verdict: Verdict, outcome: Outcome | None) -> Verdict:
    if outcome is None or (outcome.accepted and not outcome.issues):
        return verdict
    issues = [*verdict.issues, *(one for one in outcome.issues if one not in verdict.issues)]
    if outcome.accepted:
        return Verdict(channel.mediator.accept(message, issues), issues, refused=False)
    return Verdict(channel.mediator.refuse(message, issues, reject=outcome.reject), issues, refused=True)


def kept(issue: Issue) -> dict[str, str | int | None]:
    """An issue as the journal keeps it (StepIssue)."""
    return {
        "at": issue.at,
        "reason": issue.reason,
        "text": issue.text,
        "remedy": issue.remedy,
        "severity": issue.severity,
        "line": issue.line,
        "column": issue.column,
        "source": issue.source or None,
    }


def message_of(record: Record, body: bytes) -> Message:
    """The message a received record holds, once its body is unlocked."""
    headers = record.headers
    return Message(
        transaction=headers["transaction"],
        channel=headers["channel"],
        sender=headers["sender"],
        body=body,
        content_type=headers["content_type"],
        received=int(headers["first_received"]),
        control_id=headers["control_id"],
        type=headers["type"],
        peer=headers["peer"],
        rerun_of=headers["rerun_of"],
        places=tuple(orjson.loads(headers["places"])),
    )

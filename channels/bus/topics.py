"""Kafka topics as the program wants them, made when they are missing and never by accident."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # imported where it is used: what a topic is, the embedded bus knows too
    from kafka import KafkaAdminClient

MOST_COPIES = 3
FOR_EVER = -1
DAY = 86_400_000
RECORD_BYTES = 1_048_576
COMPARED = ("cleanup.policy", "retention.ms", "max.message.bytes")

log = logging.getLogger("wasl.kafka")


@dataclass(frozen=True, slots=True)
class Topic:
    """`days` a record is kept (None: for ever); `compacted` keeps the latest record of each key instead."""

    name: str
    days: int | None = None
    compacted: bool = False

    def configuration(self, replication: int) -> dict[str, str]:
        """As the broker's own settings. Durable means: on all copies but one, at least."""
        kept = FOR_EVER if self.days is None or self.compacted else self.days * DAY
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(kept),
            "min.insync.replicas": str(max(1, replication - 1)),
            "unclean.leader.election.enable": "false",
            "max.message.bytes": str(RECORD_BYTES),
        }


def make(admin: KafkaAdminClient, topics: Iterable[Topic], partitions: int, replication: int | None) -> None:
    """Makes the topics that are not there; what is there stays as it is, and the log says what differs.

    Raises KafkaError.
    """
    from kafka.errors import TopicAlreadyExistsError, for_code

    known, wanted = set(admin.list_topics()), list(topics)
    _compare(admin, [topic for topic in wanted if topic.name in known])
    missing = [topic for topic in wanted if topic.name not in known]
    if not missing:
        return
    copies = replication or min(MOST_COPIES, len(admin.describe_cluster()["brokers"]))
    asked = {
        topic.name: {
            "num_partitions": partitions,
            "replication_factor": copies,
            "configs": topic.configuration(copies),
        }
        for topic in missing
    }
    answer = admin.create_topics(asked, raise_errors=False)
    for one in answer["topics"]:
        error = for_code(one["error_code"])
        if one["error_code"] and error is not TopicAlreadyExistsError:
            raise error(f"the topic {one['name']} is not there and can't be made: {one['error_message']}")
    admin.wait_for_topics([topic.name for topic in missing])


def _compare(admin: KafkaAdminClient, there: Sequence[Topic]) -> None:
    from kafka.admin import ConfigResource, ConfigResourceType

    if not there:
        return
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=list(COMPARED)) for topic in there]
    told = admin.describe_configs(asked)["topic"]
    for topic in there:
        said = topic.configuration(1)
        for key in COMPARED:
            found = told[topic.name].get(key)  # None for who may not ask
            if found and found["value"] != said[key]:
                differs = f"{key} is {found['value']}, the settings ask for {said[key]}"
                log.warning("the topic %s stays as it is: %s", topic.name, differs)

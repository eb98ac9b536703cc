"""Every metric of the program, one list. Seconds, bytes and counts; labels never carry patient data.

Several processes write them; `exposition()` adds them up (prometheus_client's multiprocess mode, whose folder the
parent sets in PROMETHEUS_MULTIPROC_DIR before the children start).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

LATEST: Literal["mostrecent"] = "mostrecent"
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

received = Counter("wasl_messages_received", "Messages answered", ["channel", "reply"])
acknowledged = Histogram(
    "wasl_acknowledgement_seconds", "From the whole message to its answer", ["channel"], buckets=BUCKETS
)
refused = Counter("wasl_messages_refused", "Messages refused at the door", ["channel"])
limited = Counter("wasl_rate_limited", "Times a client was over its rate and had to wait", ["channel"])
unavailable = Counter("wasl_unavailable", "Messages left unanswered because durability was unknown", ["channel"])
connections = Gauge("wasl_mllp_connections", "Open MLLP connections", multiprocess_mode="livesum")
bytes_in_flight = Gauge("wasl_bytes_in_flight", "Bytes held by the gateway", multiprocess_mode="livesum")

mediated = Counter("wasl_messages_mediated", "Messages read by mediation", ["channel", "outcome"])
mediation = Histogram(
    "wasl_mediation_seconds", "Translating and resolving a batch, a message", ["channel"], buckets=BUCKETS
)
events = Counter("wasl_events", "Canonical events made", ["type"])
unmapped = Counter("wasl_unmapped_codes", "Codes without a translation", ["channel"])
stale = Gauge(
    "wasl_channels_stale", "1 while the channels' files have a mistake and are not taken", multiprocess_mode="livemax"
)
paused = Gauge("wasl_channel_paused", "1 while the channel's line is stopped", ["channel"], multiprocess_mode=LATEST)

delivered = Counter("wasl_events_delivered", "Events a consumer is done with", ["consumer", "verdict"])
landed = Counter("wasl_events_landed", "Events that landed in a consumer", ["channel"])
delivery = Histogram(
    "wasl_delivery_seconds", "From the sender's acknowledgement to landed", ["consumer"], buckets=BUCKETS
)
failures = Counter("wasl_failures", "What did not pass, by where and why", ["where", "reason"])
circuit = Gauge("wasl_circuit_open", "1 while a consumer's other side is down", ["consumer"], multiprocess_mode=LATEST)
redis_failures = Counter("wasl_redis_failures", "Times Redis did not answer, and the work was done without it")
redis_lookups = Counter("wasl_redis_lookups", "What Redis was asked for, known to it or unknown", ["type", "outcome"])
upstream_read = Gauge(
    "wasl_upstream_read_timestamp_seconds",
    "When all of the upstream registry was last read",
    multiprocess_mode=LATEST,
)
AGES = (1.0, 60.0, 300.0, 3600.0, 6 * 3600.0, 86_400.0, 3 * 86_400.0, 7 * 86_400.0, 30 * 86_400.0)
national_age = Histogram(
    "wasl_national_answer_age_seconds",
    "How old used answers of a national registry are",
    ["registry", "channel"],
    buckets=AGES,
)
national_answers = Counter(
    "wasl_national_answers",
    "Answers of a national registry: in time, late (it is down), too old for the channel, or none",
    ["registry", "channel", "outcome"],
)
awaited = Gauge(
    "wasl_national_awaited",
    "Questions to a national registry that messages wait for",
    ["registry"],
    multiprocess_mode=LATEST,
)
national_up = Gauge(
    "wasl_national_up",
    "1 while a national registry answers, 0 while it does not",
    ["registry"],
    multiprocess_mode=LATEST,
)
temporary = Gauge(
    "wasl_temporary_identities",
    "Temporary identities: waiting, overdue, or linked with who it is",
    ["state"],
    multiprocess_mode=LATEST,
)
reviews = Gauge("wasl_reviews_open", "Reviews that wait for a steward", ["reason"], multiprocess_mode=LATEST)
oldest_review = Gauge(
    "wasl_reviews_oldest_timestamp_seconds",
    "When the oldest open review was asked for, 0 without one",
    ["reason"],
    multiprocess_mode=LATEST,
)
skipped = Counter("wasl_matching_blocks_skipped", "Blocks of records that were too big to be looked through")
lag = Gauge("wasl_lag_records", "Records not yet done", ["group"], multiprocess_mode=LATEST)
turned = Gauge("wasl_loop_turned_timestamp_seconds", "When a loop last turned", ["loop"], multiprocess_mode=LATEST)


def exposition() -> bytes:
    """Prometheus' text format, over all processes of this node."""
    return generate_latest(_all())


def value(name: str, **labels: str) -> float | None:
    """One sample over all processes, for the console."""
    return _all().get_sample_value(name, labels)


def values(name: str, label: str) -> dict[str, float]:
    """Every sample of a metric over all processes, by the value of its one label."""
    samples = (sample for metric in _all().collect() for sample in metric.samples)
    return {sample.labels[label]: sample.value for sample in samples if sample.name == name}


def _all() -> CollectorRegistry:
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        return REGISTRY
    _forget_the_dead(Path(folder))
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _forget_the_dead(folder: Path) -> None:
    """A process that was killed left its gauges: what it held open and in flight is held no more."""
    for path in folder.glob("gauge_live*_*.db"):
        process = path.stem.rpartition("_")[2]
        if process.isdecimal() and not _lives(int(process)):
            path.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

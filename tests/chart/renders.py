"""The chart as Helm renders it, for each of its examples, and what tests ask about the manifests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import helm_python as helm
import yaml

from channels.consumers.cnss.consumer import Cnss
from channels.consumers.smr import Smr

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "wasl"
EXAMPLES = ("default", *sorted(path.stem for path in (CHART / "examples").glob("*.yaml")))
ROLES = ("gateway", "mediation", "delivery", "console")
# the groups that each role reads with
READS = {"mediation": {"mediation"}, "delivery": {Smr.name, Cnss.name, "journal"}}
# names of what must never stand in clear
SECRET = re.compile(r"password|secret|token$", re.IGNORECASE)

Manifest = dict[str, Any]


def values(example: str) -> Manifest:
    """What an example says; nothing for `default`."""
    if example == "default":
        return {}
    read: Manifest = yaml.safe_load((CHART / "examples" / f"{example}.yaml").read_text("utf-8"))
    return read


@cache
def text(example: str) -> str:
    """Everything the chart makes, as Helm prints it."""
    return rendered(values(example))


def rendered(said: Manifest) -> str:
    """Raises helm_python.HelmError."""
    with helm.Chart.load(CHART) as chart:
        files = chart.render(said, name="wasl", namespace="health")
    made = ((path, body.strip()) for path, body in sorted(files.items()) if not path.endswith("NOTES.txt"))
    return "\n".join(f"---\n# {path}\n{body.removeprefix('---').strip()}" for path, body in made if body) + "\n"


@cache
def manifests(example: str) -> tuple[Manifest, ...]:
    return tuple(of(text(example)))


def of(said: str) -> list[Manifest]:
    return [one for one in yaml.safe_load_all(said) if one]


def kind(example: str, *kinds: str) -> list[Manifest]:
    return [one for one in manifests(example) if one["kind"] in kinds]


def pods(example: str) -> Iterator[tuple[str, Manifest]]:
    """Every pod of the chart, by its role: of a Deployment, of a Job, or alone."""
    for one in kind(example, "Deployment", "Job", "Pod"):
        pod = one if one["kind"] == "Pod" else one["spec"]["template"]
        yield pod["metadata"]["labels"]["app.kubernetes.io/component"], pod


def container(pod: Manifest) -> Manifest:
    (only,) = pod["spec"]["containers"]
    found: Manifest = only
    return found


def ports(pod: Manifest) -> dict[str, int]:
    return {one["name"]: one["containerPort"] for one in container(pod).get("ports", [])}


def chosen(selector: Manifest, labels: dict[str, str]) -> bool:
    """Whether a Kubernetes label selector fits."""
    wanted = selector.get("matchLabels", {})
    among = selector.get("matchExpressions", [])
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        labels.get(one["key"]) in one["values"] for one in among
    )

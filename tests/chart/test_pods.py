"""Every pod of the chart: who it runs as, what it may, what it is asked, and where its secrets are."""

from __future__ import annotations

import re

import pytest

from channels.settings import Settings, _leaves, _variable
from tests.chart.renders import EXAMPLES, ROLES, SECRET, container, kind, of, pods, ports, rendered, text

VARIABLES = {_variable(keys) for keys in _leaves(Settings)}

every_example = pytest.mark.parametrize("example", EXAMPLES)


@every_example
def test_every_role_is_one_deployment(example: str) -> None:
    made = {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in kind(example, "Deployment")}
    assert set(made) == set(ROLES)
    for role, one in made.items():
        assert container(one["spec"]["template"])["args"][:3] == ["run", "--role", role]


@every_example
def test_no_pod_is_root_or_may_become_more_than_it_is(example: str) -> None:
    for role, pod in pods(example):
        who, may = pod["spec"]["securityContext"], container(pod)["securityContext"]
        assert who["runAsNonRoot"], role
        assert who["runAsUser"] > 0, role
        assert who["seccompProfile"] == {"type": "RuntimeDefault"}, role
        assert may == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, role
        assert pod["spec"]["automountServiceAccountToken"] is False, role
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod["spec"]), role


@every_example
def test_every_pod_that_runs_the_program_can_write_where_it_must_and_nowhere_else(example: str) -> None:
    for role, pod in pods(example):
        if role == "test":
            continue
        empty = {one["name"] for one in pod["spec"]["volumes"] if "emptyDir" in one}
        mounts = container(pod)["volumeMounts"]
        assert {one["mountPath"] for one in mounts if one["name"] in empty} == {"/var/lib/wasl", "/tmp"}, role
        assert all(one["readOnly"] for one in mounts if one["name"] not in empty), role


@every_example
def test_every_pod_says_what_it_needs(example: str) -> None:
    for role, pod in pods(example):
        resources = container(pod)["resources"]
        assert set(resources["requests"]) == {"cpu", "memory"}, role
        assert "memory" in resources["limits"], role


@every_example
def test_every_lasting_pod_is_asked_whether_it_started_lives_and_is_ready(example: str) -> None:
    for role, pod in pods(example):
        if role not in ROLES:
            continue
        said = container(pod)
        asked = {name: said[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
        assert {one["port"] for one in asked.values()} <= set(ports(pod)), role
        assert asked["startupProbe"]["path"] == asked["livenessProbe"]["path"] == "/healthz", role
        assert asked["readinessProbe"]["path"] == "/readyz", role


@every_example
def test_a_gateway_drains_before_it_is_killed(example: str) -> None:
    (gateway,) = [pod for role, pod in pods(example) if role == "gateway"]
    drain = int(container(gateway)["lifecycle"]["preStop"]["exec"]["command"][1])
    assert 0 < drain < gateway["spec"]["terminationGracePeriodSeconds"]


@every_example
def test_every_image_is_pinned(example: str) -> None:
    for role, pod in pods(example):
        image = container(pod)["image"]
        assert re.search(r"@sha256:[0-9a-f]{64}$|:(?!latest$)[^:/]+$", image), role


@every_example
def test_no_secret_stands_in_an_environment_or_a_configmap(example: str) -> None:
    for role, pod in pods(example):
        for one in container(pod).get("env", []):
            assert "secretKeyRef" not in one.get("valueFrom", {}), (role, one["name"])
            if SECRET.search(one["name"].removesuffix("_FILE")) and one["name"] in VARIABLES:
                pytest.fail(f"{role}: {one['name']} holds a secret")
    for one in kind(example, "ConfigMap"):
        if one["metadata"]["name"].endswith("-settings"):
            assert not SECRET.search(one["data"]["wasl.yaml"])


@every_example
def test_the_only_secrets_in_the_environment_are_names_of_mounted_files(example: str) -> None:
    for role, pod in pods(example):
        if role == "test":
            continue
        (mounted,) = [one["projected"] for one in pod["spec"]["volumes"] if one["name"] == "secrets"]
        files = {item["path"] for source in mounted["sources"] for item in source["secret"]["items"]}
        named = {
            one["value"].removeprefix("/run/secrets/wasl/")
            for one in container(pod)["env"]
            if str(one.get("value", "")).startswith("/run/secrets/")
        }
        assert named <= files, role
        assert "master.key" in named, role  # the job that migrates seals what stood in clear


@every_example
def test_a_role_has_only_the_secrets_it_needs(example: str) -> None:
    for role, pod in pods(example):
        has = {one["name"] for one in container(pod).get("env", [])}
        assert ("WASL_ADMIN_PASSWORD_FILE" in has) == (role in ("gateway", "console")), role
        if role != "delivery":
            assert not has & {"WASL_PAYER_TOKEN_FILE", "WASL_SMR_TOKEN_FILE"}, role
        if role != "gateway":
            assert not has & {"WASL_MLLP_PRIVATE_KEY"}, role


@every_example
def test_the_pods_leave_the_tables_to_the_job(example: str) -> None:
    for role, pod in pods(example):
        environment = {one["name"]: one.get("value") for one in container(pod).get("env", [])}
        if role in ROLES:
            assert environment["WASL_DATABASE_MIGRATE"] == "false", role
        elif role == "migration":
            assert "WASL_DATABASE_MIGRATE" not in environment
            assert container(pod)["args"][:2] == ["database", "migrate"]


def test_the_job_runs_before_anything_of_the_chart_is_there() -> None:
    (job,) = kind("full", "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    volumes = job["spec"]["template"]["spec"]["volumes"]
    assert not [one for one in volumes if "configMap" in one]


def test_without_the_job_the_pods_make_the_tables() -> None:
    said = of(rendered({"database": {"migration": {"enabled": False}}}))
    assert not [one for one in said if one["kind"] == "Job"]
    assert "WASL_DATABASE_MIGRATE" not in str(said)


def test_changed_settings_roll_the_pods_and_changed_channels_do_not() -> None:
    def templates(said: str) -> list[object]:
        return [one["spec"]["template"] for one in of(said) if one["kind"] == "Deployment"]

    before = templates(text("default"))
    assert templates(rendered({"channels": {"files": {"lab.yaml": "mediator: hl7v2\n"}}})) == before
    rolled = templates(rendered({"config": {"language": "en"}}))
    assert all(old != new for old, new in zip(before, rolled, strict=True))


def test_channels_are_mounted_as_whole_folders_for_files_alone_never_change() -> None:
    for role, pod in pods("default"):
        if role in ROLES:
            mounts = {one["name"]: one for one in container(pod)["volumeMounts"]}
            for folder in ("channels", "mappings", "codes", "units", "profiles"):
                assert mounts[folder]["mountPath"] == f"/etc/wasl/{folder}"
                assert "subPath" not in mounts[folder]

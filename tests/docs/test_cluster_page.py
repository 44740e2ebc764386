"""The units and manifests of the page on clusters are what systemd and Kubernetes take, and start commands that exist."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from tests.docs.pages import ROOT

from jira_session_export._cli.app import app

PAGE = ROOT / "docs" / "how-to" / "run-on-a-cluster.md"
DEPLOY = ROOT / "examples" / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
KNOWN_KEYS = {
    "Unit": {"Description", "After", "Wants"},
    "Service": {
        "Environment",
        "EnvironmentFile",
        "WorkingDirectory",
        "ExecStart",
        "KillSignal",
        "TimeoutStopSec",
        "Restart",
        "RestartSec",
        "RestartPreventExitStatus",
        "DynamicUser",
        "User",
        "StateDirectory",
        "NoNewPrivileges",
        "PrivateTmp",
        "ProtectSystem",
        "ProtectHome",
    },
    "Install": {"WantedBy"},
}


def unit(path: Path) -> dict[str, dict[str, str]]:
    """The unit's sections, read strictly; no line is continued."""
    sections: dict[str, dict[str, str]] = {}
    section = ""
    for line in path.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if found := re.fullmatch(r"\[(\w+)\]", line):
            section = found[1]
            sections[section] = {}
            continue
        key, equals, value = line.partition("=")
        assert equals, line
        assert value, line
        assert key in KNOWN_KEYS[section], line
        assert key not in sections[section], line
        sections[section][key] = value
    return sections


def test_units_that_share_a_folder_share_a_user() -> None:
    """A dynamic user is named after its unit unless it has a name, and the folder is given to whoever starts last."""
    users: dict[str, set[str | None]] = {}
    for path in UNITS:
        service = unit(path)["Service"]
        users.setdefault(service["StateDirectory"], set()).add(service.get("User"))
    assert users == {"jira-session-export": {"jira-session-export"}}


def check_command(words: Sequence[str]) -> None:
    """One of the command's own: it and its options exist; or the service's."""
    program, *arguments = words
    if Path(program).name != "jira-session-export":
        assert Path(program).name == "python"
        assert arguments[:2] == ["-m", "app"]
        return
    name, *options = arguments
    group = typer.main.get_command(app)
    command = group.commands[name]  # type: ignore[attr-defined]
    command.make_context(name, [option.replace("%i", "1") for option in options], resilient_parsing=True)
    known = {each for parameter in command.params for each in parameter.opts}
    assert {option for option in options if option.startswith("-")} <= known


def test_every_file_is_on_the_page() -> None:
    included = re.findall(r'^--8<-- "(.+)"$', PAGE.read_text(), re.MULTILINE)
    assert sorted(included) == sorted(str(path.relative_to(ROOT)) for path in DEPLOY.iterdir())


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units(path: Path, tmp_path: Path) -> None:
    sections = unit(path)
    assert set(sections) == set(KNOWN_KEYS)
    service = sections["Service"]
    check_command(shlex.split(service["ExecStart"]))
    assert int(service["TimeoutStopSec"]) > 15
    if shutil.which("systemd-analyze") is None:
        return
    # What it starts is not installed here.
    copy = tmp_path / path.name
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", path.read_text(), flags=re.MULTILINE)
    copy.write_text(re.sub(r"^WorkingDirectory=\S+", "WorkingDirectory=/", text, flags=re.MULTILINE))
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    about_it = [line for line in done.stderr.splitlines() if path.name.partition(".")[0].rstrip("@") in line]
    assert about_it == []


# -- Kubernetes ------------------------------------------------------------------------------------------------------

# The fields that the manifests use, as Kubernetes' API has them; another one is a misspelling.
PROBE: Mapping[str, Any] = {
    "httpGet": {"path": str, "port": str},
    "periodSeconds": int,
    "timeoutSeconds": int,
    "failureThreshold": int,
}
LABELS: Mapping[str, Any] = {"app": str, "part": str}
QUANTITIES: Mapping[str, Any] = {"cpu": str, "memory": str}
CONTAINER: Mapping[str, Any] = {
    "name": str,
    "image": str,
    "command": [str],
    "envFrom": [{"configMapRef": {"name": str}, "secretRef": {"name": str}}],
    "ports": [{"name": str, "containerPort": int}],
    "startupProbe": PROBE,
    "livenessProbe": PROBE,
    "readinessProbe": PROBE,
    "resources": {"requests": QUANTITIES, "limits": QUANTITIES},
    "volumeMounts": [{"name": str, "mountPath": str}],
}
POD: Mapping[str, Any] = {
    "terminationGracePeriodSeconds": int,
    "securityContext": {"runAsNonRoot": bool, "runAsUser": int, "fsGroup": int},
    "containers": [CONTAINER],
    "volumes": [{"name": str, "persistentVolumeClaim": {"claimName": str}}],
}
METADATA: Mapping[str, Any] = {"name": str, "labels": LABELS}
KINDS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("v1", "ConfigMap"): {
        "data": {"JIRA_BASE_URL": str, "JIRA_EMAIL": str, "JSE_RUNNER": str, "JSE_DATA_DIR": str},
    },
    ("v1", "PersistentVolumeClaim"): {
        "spec": {"accessModes": [str], "resources": {"requests": {"storage": str}}},
    },
    ("v1", "Service"): {"spec": {"selector": LABELS, "ports": [{"name": str, "port": int, "targetPort": str}]}},
    ("apps/v1", "Deployment"): {
        "spec": {
            "replicas": int,
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": POD},
        }
    },
}


def check_shape(value: Any, shape: Any, at: str) -> None:
    if isinstance(shape, Mapping):
        assert isinstance(value, dict), (at, value)
        assert set(value) <= set(shape), (at, value)
        for key, each in value.items():
            check_shape(each, shape[key], f"{at}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), (at, value)
        assert value, at
        for each in value:
            check_shape(each, shape[0], f"{at}[]")
    else:
        assert type(value) is shape, (at, value)


@pytest.fixture
def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))


def test_manifests_have_the_fields_of_kubernetes(manifests: list[dict[str, Any]]) -> None:
    for manifest in manifests:
        kind = (manifest.pop("apiVersion"), manifest.pop("kind"))
        check_shape(manifest, {"metadata": METADATA, **KINDS[kind]}, kind[1])


def test_manifests_fit_together(manifests: list[dict[str, Any]]) -> None:
    named = {(each["kind"], each["metadata"]["name"]): each for each in manifests}
    deployments = [each for each in manifests if each["kind"] == "Deployment"]
    assert len(deployments) == 2
    for deployment in deployments:
        spec = deployment["spec"]
        assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
        pod = spec["template"]["spec"]
        assert pod["terminationGracePeriodSeconds"] > 15
        (container,) = pod["containers"]
        check_command(container["command"])
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert str(*ports.values()) in container["command"]
        for probe, path in (("startupProbe", "/health"), ("livenessProbe", "/health"), ("readinessProbe", "/ready")):
            assert container[probe]["httpGet"]["path"] == path
            assert container[probe]["httpGet"]["port"] in ports
        assert {mount["name"] for mount in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}
        for volume in pod["volumes"]:
            assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in named
        assert ("ConfigMap", container["envFrom"][0]["configMapRef"]["name"]) in named
    service = named["Service", "jira-session-export"]["spec"]
    labels = [each["spec"]["selector"]["matchLabels"] for each in deployments]
    assert service["selector"] in labels

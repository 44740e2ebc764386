"""The reference leaves nothing out, and the explanations name what there is."""

import importlib.util
import re
from collections import Counter

import pytest
from tests.docs.pages import ROOT
from tests.public import public_modules, value_of

from jira_session_export import LossKind, ManualFixKind, errors, events
from jira_session_export._cli.output import ExitCode
from jira_session_export._export.events import ExportEvent
from jira_session_export._models import Ticket
from jira_session_export._settings import ExportSettings

DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def page():
    spec = importlib.util.spec_from_file_location("docs_hooks", DOCS / "hooks.py")
    assert spec is not None
    assert spec.loader is not None
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    return lambda path: hooks.on_page_markdown((DOCS / path).read_text("utf-8"))


def test_every_public_name_has_one_place(page):
    listed = Counter(
        name
        for path in DOCS.rglob("*.md")
        for name in re.findall(r"^::: (jira_session_export\S*)$", page(path.relative_to(DOCS)), re.MULTILINE)
    )
    assert [name for name, times in listed.items() if times > 1] == []
    explained = {id(value_of(name)) for name in listed}
    for module in public_modules():
        missing = [
            name for name in module.__all__ if name != "__version__" and id(getattr(module, name)) not in explained
        ]
        assert missing == [], module.__name__


def test_every_public_module_is_listed(page):
    listed = set(re.findall(r"^\| \[`(jira_session_export\S*)`\]", page("reference/index.md"), re.MULTILINE))
    assert listed == {module.__name__ for module in public_modules()}


def test_every_error_is_in_the_table(page):
    table = page("reference/errors.md")
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, errors.JiraSessionExportError):
            assert f"[`{error.__name__}`]" in table
            assert f"`{error.code}`" in table


def test_every_setting_is_explained(page):
    table = page("reference/settings.md")
    for name in ExportSettings.model_fields:
        assert re.search(rf"\| `{name}`<br>`JSE_{name.upper()}` \| `[^`]*` \| \w.+\. \|", table), name


def test_every_variable_of_the_service_is_explained(page):
    table = page("reference/settings.md")
    source = (ROOT / "examples/fastapi_app/app/settings.py").read_text("utf-8")
    names = set(re.findall(r'"(JSE_[A-Z_]+[A-Z])"', source))
    assert {"JSE_RUNNER", "JSE_API_TOKEN"} <= names
    assert [name for name in sorted(names) if f"`{name}`" not in table] == []


def test_every_event_is_in_the_table(page):
    table = page("reference/events.md")
    every = [value for value in vars(events).values() if isinstance(value, type) and issubclass(value, ExportEvent)]
    assert len(every) > 5
    names = [each.__name__ for each in every if each is not ExportEvent]
    assert [name for name in names if f"| `{name}` |" not in table] == []


def test_every_command_and_exit_code_is_listed(page):
    text = page("reference/cli.md")
    assert [int(code) for code in re.findall(r"^\| `(\d)` \| \w", text, re.MULTILINE)] == [
        code.value for code in ExitCode
    ]
    names = (
        "demo export adopt retry cancel status results sessions validate-project convert load fake-jira worker doctor"
    )
    for name in names.split():
        assert f"### {name}\n" in text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("explanation/fallbacks.md", list(ManualFixKind)),
        ("explanation/what-is-lost-in-adf.md", list(LossKind)),
        ("how-to/batch-files.md", list(Ticket.model_fields)),
    ],
)
def test_every_kind_and_field_is_explained(page, path, words):
    text = page(path)
    assert [word for word in words if f"`{word}`" not in text] == []


def test_what_is_not_generated_is_no_mark(page):
    for path in DOCS.rglob("*.md"):
        assert "<!-- generated" not in page(path.relative_to(DOCS))

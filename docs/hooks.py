# ruff: noqa: INP001 -- mkdocs loads it by its path
"""Fills the reference pages from the code, so that they cannot say anything else."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import typer.core
import typer.main

import jira_session_export
from jira_session_export import sync, testing
from jira_session_export._cli.app import app
from jira_session_export._cli.output import ExitCode
from jira_session_export._envconfig import PREFIX
from jira_session_export._settings import ExportSettings
from jira_session_export.errors import JiraSessionExportError
from jira_session_export.storage import sqlalchemy

_MARK = re.compile(r"^<!-- generated: (.+?) -->$", re.MULTILINE)

_ELSEWHERE = frozenset(
    {"EventHub", "EventSink", "ExportCompleted", "ExportEvent", "ExportFailed", "ExportProgress", "ExportStopped"}
    | {"IssueExported", "IssueOrphaned", "JiraSessionExportError", "JiraSettings"}
    | {"export_settings", "jira_settings", "watch"}
    | {"ExportFailedError", "ExportStoppedError", "__version__"}
)
"""Public names that the pages on errors, settings and events show."""

_GROUPS: Mapping[str, str] = {
    "JiraExport": r"(jira_export|export\.result)$",
    "Sessions and tickets": r"(batch|models)$",
    "Converting": r"adf\b",
    "Exporting": r"(export\.(service|exporter|runners|preflight|projects|ports)|settings|runtime)$",
    "What an export leaves": r"values$",
    "Jira": r"jira\b",
    "Storing": r"storage\b",
}
"""Heading → the modules of what is listed under it."""


def on_page_markdown(markdown: str, **_: object) -> str:
    """The page with its marks replaced by what is generated for them; called by mkdocs."""
    return _MARK.sub(lambda mark: _GENERATORS[mark[1]](), markdown)


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _first_line(docstring: str | None) -> str:
    return (docstring or "").strip().partition("\n")[0]


def _errors() -> str:
    def rows(error: type[JiraSessionExportError], depth: int) -> Iterator[tuple[str, ...]]:
        name = f"[`{error.__name__}`][{error.__module__}.{error.__name__}]"
        actions = " ".join(error.default_actions)
        yield (
            "&nbsp;" * 3 * depth + name,
            f"`{error.code}`<br>{error.category}",
            f"{_first_line(error.__doc__)}<br>→ {actions}",
        )
        for child in error.__subclasses__():
            yield from rows(child, depth + 1)

    return _table(("Error", "Code, category", "What it means → what to do"), rows(JiraSessionExportError, 0))


def _settings() -> str:
    meanings = _attribute_docstrings(ExportSettings)
    return _table(
        ("Field", "Variable", "Default", "What it does"),
        (
            (f"`{name}`", f"`{PREFIX}{name.upper()}`", f"`{field.default!r}`", meanings[name])
            for name, field in ExportSettings.model_fields.items()
        ),
    )


def _exit_codes() -> str:
    meanings = _attribute_docstrings(ExitCode)
    return _table(
        ("Code", "Meaning"),
        ((f"`{code.value}`", meanings.get(code.name, f"{code.name.title()}.")) for code in ExitCode),
    )


def _attribute_docstrings(owner: type) -> dict[str, str]:
    """Attribute → the string below it in the source."""
    (definition,) = ast.parse(inspect.getsource(owner)).body
    docstrings = {}
    for statement, below in pairwise(definition.body if isinstance(definition, ast.ClassDef) else ()):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        if isinstance(target, ast.Name) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            docstrings[target.id] = " ".join(str(below.value.value).split())
    return docstrings


def _commands() -> str:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)  # noqa: S101 -- it has several commands
    context = group.context_class(group, info_name="jira-session-export")
    parts = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None  # noqa: S101 -- it was listed
        own = group.context_class(command, info_name=name, parent=context)
        usage = " ".join(command.collect_usage_pieces(own))
        parts.append(f"### {name}\n\n{command.help}\n\n```text\n{own.command_path} {usage}\n```\n")
        records = [record for param in command.params if (record := param.get_help_record(own))]
        records = [record for record in records if record[0] != "--help"]
        if records:
            parts.append(_table(("Option", "What it does"), ((f"`{flag}`", text) for flag, text in records)) + "\n")
    return "\n".join(parts)


def _api() -> str:
    parts = []
    public = set(jira_session_export.__all__) - _ELSEWHERE
    for heading, modules in _GROUPS.items():
        pattern = re.compile(rf"jira_session_export\._{modules}")
        listed = sorted(name for name in public if pattern.match(_module_of(name)))
        public.difference_update(listed)
        parts += [f"## {heading}\n", *(f"::: jira_session_export.{name}\n" for name in listed)]
        if heading == "Storing":
            parts += [f"::: jira_session_export.storage.sqlalchemy.{name}\n" for name in sqlalchemy.__all__]
    parts += ["## Without async\n", *(f"::: jira_session_export.sync.{name}\n" for name in sync.__all__)]
    parts += ["## Testing\n", *(f"::: jira_session_export.testing.{name}\n" for name in testing.__all__)]
    if public:
        raise LookupError(f"no group of the reference takes {', '.join(sorted(public))}")
    return "\n".join(parts)


def _module_of(name: str) -> str:
    return str(getattr(getattr(jira_session_export, name), "__module__", ""))


_GENERATORS: Mapping[str, Callable[[], str]] = {
    "api": _api,
    "commands": _commands,
    "errors": _errors,
    "exit codes": _exit_codes,
    "settings": _settings,
}

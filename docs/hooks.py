# ruff: noqa: INP001 -- mkdocs loads it by its path
"""Fills the reference pages from the code, so that they cannot say anything else."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from types import ModuleType

import typer.core
import typer.main
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from jira_session_export._cli.app import app
from jira_session_export._cli.output import ExitCode
from jira_session_export._envconfig import PREFIX
from jira_session_export._settings import ExportSettings
from jira_session_export._transitions import TRANSITIONS
from jira_session_export.errors import JiraSessionExportError

_MARK = re.compile(r"^<!-- generated: (.+?) -->$", re.MULTILINE)

_PAGES: Mapping[str, str] = {
    "errors": "errors.md",
    "adf": "adf.md",
    "storage": "storage.md",
    "storage.sqlalchemy": "storage.md",
    "storage.attachments": "storage.md",
    "storage.migrations": "sql.md",
    "events": "events.md",
    "jira": "jira.md",
    "api": "endpoints.md",
    "sync": "sync.md",
    "testing": "testing.md",
    "integrations.procrastinate": "cluster.md",
    "integrations.opentelemetry": "cluster.md",
    "integrations.s3": "cluster.md",
    "": "api.md",
}
"""Public module → its page. A name that several modules have is explained on the page of the first."""

_MEMBERS: Mapping[str, str] = {
    "RuleSet": "rules, before, after, replace, disable",
    **dict.fromkeys(("ProjectReader", "FakeTransport", "Frame", "Line", "Marks"), ""),
}
"""Class → those of its members that are for hosts, where not all are; none of a class that is only passed on."""


def on_page_markdown(markdown: str, **_: object) -> str:
    """The page with its marks replaced by what is generated for them; called by mkdocs."""
    return _MARK.sub(lambda mark: _generated(mark[1]), markdown)


def on_post_page(output: str, *, page: Page, **_: object) -> str:
    """The page without the one script that the theme would load from elsewhere; called by mkdocs."""
    ours = get_relative_url("assets/worker-from-disk.js", page.url)
    return output.replace("https://unpkg.com/iframe-worker/shim", ours)


def _generated(what: str) -> str:
    return _names(what.removesuffix(" names")) if what.endswith(" names") else _GENERATORS[what]()


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
        ("Field and variable", "Default", "What it does"),
        (
            (f"`{name}`<br>`{PREFIX}{name.upper()}`", f"`{field.default!r}`", meanings[name])
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
        records = [record for record in records if "--help" not in record[0]]
        if command.epilog:
            lines = command.epilog.partition("Examples:\n")[2].splitlines()
            parts.append("```bash\n" + "\n".join(line.strip() for line in lines) + "\n```\n")
        if records:
            parts.append(_table(("Option", "What it does"), ((f"`{flag}`", text) for flag, text in records)) + "\n")
    return "\n".join(parts)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"jira_session_export.{name}".rstrip("."))


def _names(path: str) -> str:
    """What a public module has: an entry for each name whose page this is, a table of the others."""
    module = path.removeprefix("jira_session_export").lstrip(".")
    entries, others = [], []
    for name in sorted(set(_module(module).__all__) - {"__version__"}, key=str.lower):
        home = _home(module, name)
        if home == module:
            entries.append(
                f"::: {path}.{name}\n" + (f"    options: {{members: [{_MEMBERS[name]}]}}\n" if name in _MEMBERS else "")
            )
        else:
            others.append((f"[`{name}`][jira_session_export.{home}.{name}]", f"`jira_session_export.{home}`"))
    if others:
        entries.append(f"Also in `{path}`:\n\n" + _table(("Name", "Explained with"), iter(others)))
    return "\n".join(entries)


def _home(module: str, name: str) -> str:
    value = getattr(_module(module), name)
    return next(each for each in _PAGES if name in _module(each).__all__ and getattr(_module(each), name) is value)


def _modules() -> str:
    def rows() -> Iterator[tuple[str, ...]]:
        for module, page in sorted(_PAGES.items()):
            name = f"jira_session_export.{module}".rstrip(".")
            yield f"[`{name}`]({page})", _first_line(_module(module).__doc__), str(len(_module(module).__all__))

    return _table(("Module", "What is in it", "Names"), rows())


def _transitions() -> str:
    def rows() -> Iterator[tuple[str, ...]]:
        for (status, entry), after in TRANSITIONS.items():
            yield f"`{status}`", f"[`{entry.__name__}`][jira_session_export.storage.{entry.__name__}]", f"`{after}`"

    return _table(("Status", "Entry", "Status after it"), rows())


_GENERATORS: Mapping[str, Callable[[], str]] = {
    "commands": _commands,
    "errors": _errors,
    "exit codes": _exit_codes,
    "public modules": _modules,
    "settings": _settings,
    "transitions": _transitions,
}

"""The command: its name, what all commands share, and the modules that have them.

Each command imports what it needs when it is called: all of it together takes a second to import.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, NoReturn

import anyio
import typer

from jira_session_export._cli.output import ExitCode, Output, exit_code
from jira_session_export.errors import JiraSessionExportError

app = typer.Typer(
    name="jira-session-export",
    help="Reviewed tickets become Jira issues: each exactly once, always valid.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        "\b\nFirst steps:\n"
        "  jira-session-export demo\n"
        "  jira-session-export export backlog.json --project ABC --dry-run\n"
        "  jira-session-export export backlog.json --project ABC\n"
        "  jira-session-export status\n"
        "\n\b\nWhere Jira is: JIRA_BASE_URL, JIRA_EMAIL, JIRA_API_TOKEN in the environment.\n"
    ),
)


def examples(*lines: str) -> str:
    """The end of a command's help: how it is called."""
    return "\b\nExamples:\n" + "\n".join(f"  jira-session-export {line}" for line in lines)


def run(output: Output, work: Callable[[], Awaitable[ExitCode]]) -> NoReturn:
    """Do a command's work and leave; every foreseen error becomes one message and an exit code."""
    leave(output, partial(anyio.run, work))


def leave(output: Output, work: Callable[[], ExitCode]) -> NoReturn:
    """As `run`, for work that needs no event loop."""
    try:
        code = work()
    except JiraSessionExportError as exc:
        output.error(exc)
        code = exit_code(exc)
    raise typer.Exit(code)


def _print_version(wanted: bool) -> None:
    if wanted:
        from jira_session_export import __version__

        typer.echo(f"jira-session-export {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


# They add their commands, in the order of the help.
import jira_session_export._cli.exporting  # noqa: E402
import jira_session_export._cli.reporting  # noqa: E402

import jira_session_export._cli.administration  # noqa: E402  # isort: skip
import jira_session_export._cli.operating  # noqa: E402  # isort: skip
import jira_session_export._cli.tools  # noqa: E402, F401  # isort: skip

"""The options that several commands have, with their help."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jira_session_export._cli.output import Format, Shown

if TYPE_CHECKING:
    from jira_session_export._adf import ConversionOptions

# -- what is exported, and where its state is ------------------------------------------------------------------------

FILE_HELP = (
    "A batch file (JSON, JSON Lines, YAML, CSV, Excel, Markdown), a folder of Markdown files, or - for standard input."
)
File = Annotated[Path, typer.Argument(metavar="FILE", help=FILE_HELP)]
InputFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="json, jsonl, yaml, csv, tsv, xlsx or markdown; by the file's ending by default, needed for -.",
    ),
]
Sheet = Annotated[
    str | None,
    typer.Option("--sheet", metavar="NAME", help="Sheet of a workbook, or its number; the first one."),
]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", metavar="NAME", help="Of a text file that is not UTF-8 or UTF-16, for example cp1252."),
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="FILE", help="What columns, people and values are called here (YAML or JSON)."),
]
Defaults = Annotated[
    list[str] | None,
    typer.Option("--default", metavar="FIELD=VALUE", help="For tickets that do not say otherwise; repeatable."),
]
ProjectKey = Annotated[
    str | None, typer.Option("--project", "-p", metavar="KEY", help="Key of the Jira project; overrides the file's.")
]
SessionName = Annotated[
    str | None, typer.Option("--session", metavar="NAME", help="Name of the session; the file's by default.")
]
Database = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", help="Database of the state; a SQLite file next to FILE by default."),
]
SessionPlace = Annotated[
    str | None,
    typer.Argument(
        metavar="SESSION",
        help="A batch file, a state file, or the id or name of a session; what is in this folder by default.",
    ),
]
Newest = Annotated[bool, typer.Option("--newest", help="Take the session started last, when several fit.")]
SiteMoved = Annotated[
    bool,
    typer.Option("--site-moved", help="JIRA_BASE_URL is the same site as before, under another address."),
]

Skip = Annotated[
    list[str] | None,
    typer.Option(
        "--skip",
        metavar="TICKET",
        help="Leave this ticket out: its id, place or title; repeatable.",
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="TICKET", help="Export this ticket alone; named likewise; repeatable."),
]
Copy = Annotated[
    str | None,
    typer.Option(
        "--copy",
        metavar="NAME",
        help="Export a second set of issues on purpose; the same NAME goes on with it.",
    ),
]

# -- how it goes on --------------------------------------------------------------------------------------------------

Pause = Annotated[
    float | None, typer.Option("--pause", metavar="SECONDS", min=0, help="Pause between two creates; 1.5 by default.")
]
Bulk = Annotated[
    int | None,
    typer.Option(
        "--bulk", metavar="N", min=1, max=50, help="Create up to N issues with one request, 50 at most; 1 by default."
    ),
]

# -- what is printed -------------------------------------------------------------------------------------------------

Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON document; progress and notes are JSON, too, one object a line on standard error."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")]
Verbose = Annotated[
    int,
    typer.Option("--verbose", "-v", count=True, show_default=False, help="Print the log, too; -vv with every detail."),
]
Progress = Annotated[
    Shown,
    typer.Option("--progress", help="How progress is shown; a bar in a terminal, lines elsewhere by default."),
]
SummaryFile = Annotated[
    Path | None,
    typer.Option(
        "--summary",
        metavar="FILE",
        help="Write a summary in Markdown; in GitHub Actions it is in the step's summary without this.",
    ),
]
FailOnFixes = Annotated[
    bool, typer.Option("--fail-on-fixes", help="Exit with 4 when all is done and manual fixes are left.")
]
OutputFormat = Annotated[
    Format | None, typer.Option("--format", help="How results are written; by the ending of --output by default.")
]
OutputFile = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the results to a file.")]

WebhookUrl = Annotated[
    str | None,
    typer.Option(
        "--webhook",
        metavar="URL",
        help="Post what came of the export to this address (JSE_WEBHOOK_URL), signed with JSE_WEBHOOK_SECRET.",
    ),
]
OnFinish = Annotated[
    str | None,
    typer.Option(
        "--on-finish",
        metavar="COMMAND",
        help="Run this in the shell at the end, with JSE_EXPORT_… variables and JSON on its input.",
    ),
]

# -- how texts are converted -----------------------------------------------------------------------------------------


class Images(StrEnum):
    """What becomes of images on the web."""

    EXTERNAL = "external"
    LINK = "link"
    REMOVE = "remove"


class Extra(StrEnum):
    """What Markdown may have beyond GitHub's; see the how-to on Markdown."""

    HARD_WRAPS = "hard-wraps"
    EMOJI = "emoji"
    CALLOUTS = "callouts"
    MENTIONS = "mentions"


BaseUrl = Annotated[
    str | None,
    typer.Option("--base-url", metavar="URL", help="What relative addresses in the texts are relative to."),
]
ImagesChoice = Annotated[
    Images | None,
    typer.Option("--images", help="Images on the web: shown from there (the default), as links, or left out."),
]
HeadingOffset = Annotated[
    int | None,
    typer.Option("--heading-offset", metavar="N", min=-5, max=5, help="Added to the level of every heading; 0."),
]
MarkdownWith = Annotated[
    list[Extra] | None,
    typer.Option(
        "--markdown-with",
        metavar="|".join(Extra),
        help="What Markdown has beyond GitHub's; may be given several times.",
    ),
]
SmartLinks = Annotated[
    list[str] | None,
    typer.Option("--smart-links", metavar="URL", help="A site whose bare addresses in Markdown become smart links."),
]

LineBreaks = Annotated[bool, typer.Option("--line-breaks", help="Line ends in the text of HTML are line breaks.")]

Choices = dict[str, str | int | list[str]]
"""The options of this section that were given, by name; what a state file remembers of them."""


def chosen(
    base_url: str | None,
    images: Images | None,
    heading_offset: int | None,
    extras: list[Extra] | None,
    sites: list[str] | None,
    *,
    line_breaks: bool = False,
) -> Choices:
    """The options that were given."""
    given: dict[str, str | int | list[str] | None] = {
        "base_url": base_url,
        "images": images.value if images else None,
        "heading_offset": heading_offset,
        "markdown_with": [extra.value for extra in extras] if extras else None,
        "smart_links": sites or None,
        "line_breaks": line_breaks or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def conversion_options(choices: Choices) -> "ConversionOptions":
    """How texts are converted.

    Raises:
        typer.BadParameter: a value does not fit.
    """
    from jira_session_export._adf import ConversionOptions, ImagePolicy
    from jira_session_export._adf.markdown_words import CALLOUTS, EMOJI_SHORTCODES

    extras = choices.get("markdown_with", [])
    assert isinstance(extras, list)  # noqa: S101 -- as `chosen` makes it
    values: dict[str, Any] = {**choices}
    try:
        return ConversionOptions(
            base_url=values.get("base_url"),
            image_policy=ImagePolicy(values.get("images", Images.EXTERNAL.value)),
            heading_offset=values.get("heading_offset", 0),
            line_breaks=bool(values.get("line_breaks", False)),
            hard_wraps=Extra.HARD_WRAPS.value in extras,
            emoji_shortcodes=EMOJI_SHORTCODES if Extra.EMOJI.value in extras else {},
            callouts=CALLOUTS if Extra.CALLOUTS.value in extras else {},
            mentions=Extra.MENTIONS.value in extras,
            smart_link_sites=values.get("smart_links", ()),
        )
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc

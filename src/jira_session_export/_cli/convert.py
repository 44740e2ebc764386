"""`jira-session-export convert`: one description to ADF, to look at what Jira would get."""

import json
import re
import sys
from pathlib import Path

from jira_session_export._adf import ConversionOptions, adf_to_html, adf_to_text, convert_html, convert_markdown
from jira_session_export._cli.output import Output
from jira_session_export._wording import sentence
from jira_session_export.errors import InputError

_FIELD = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[\w.\"'-][^:\n]*:(?:\s|\Z)")
"""How front matter begins. Text between two rules (`---`) does not."""


def _without_front_matter(text: str) -> str:
    """The text that a batch folder would take for the description, with its lines where they were."""
    if not text.lstrip("\ufeff \t\r\n").startswith(("---", "<!--")):
        return text
    from jira_session_export._batch.markdown_format import split_front_matter

    front_matter, body, _ = split_front_matter(text)
    if front_matter is None or not _FIELD.match(front_matter):
        return text
    return "\n" * (text.count("\n") - body.count("\n")) + body


def convert_file(path: Path | None, options: ConversionOptions, *, markdown: bool, to: str, output: Output) -> None:
    """Print `path`, or standard input, as `adf` (JSON), `html` or `text`; what was lost goes to standard error.

    Raises:
        InputError: the file cannot be read as text.
    """
    try:
        text = path.read_text("utf-8") if path else sys.stdin.read()
    except OSError as exc:
        raise InputError(
            sentence(f"{path or 'Standard input'} cannot be read: {exc.strerror or exc}"),
            recovery_actions=["Name a file of HTML or Markdown that you may read, or - for standard input."],
        ) from exc
    except UnicodeDecodeError as exc:
        raise InputError(
            sentence(f"{path or 'Standard input'} is not UTF-8 text (byte {exc.start + 1})"),
            recovery_actions=["Save it as UTF-8."],
        ) from exc
    if path and path.suffix.lower() in {".md", ".markdown"}:
        markdown = True
    if markdown:
        text = _without_front_matter(text)
    conversion = convert_markdown(text, options) if markdown else convert_html(text, options)
    match to:
        case "html":
            result = adf_to_html(conversion.document)
        case "text":
            result = adf_to_text(conversion.document)
        case _:
            result = json.dumps(conversion.document, ensure_ascii=False, indent=2)
    sys.stdout.write(result.rstrip("\n") + "\n")
    for loss in conversion.losses:
        output.note(f"{loss.kind}: {loss.detail} {loss.path} {loss.excerpt!r}")
    for file in conversion.embedded_files:
        output.note(f"embedded file: {file.filename} ({file.media_type or 'unknown type'})")

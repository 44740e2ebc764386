"""Reads a folder of Markdown files: one ticket per file, its fields in the front matter."""

import re

from markdown_it import MarkdownIt

from jira_session_export._batch.raw import Fields, Problems, RawTicket, kind
from jira_session_export._batch.yaml_format import parse_yaml

# Of a linter, a licence or a template; not what the ticket says.
_LEADING_COMMENTS = re.compile(r"\A\ufeff?(?:\s*<!--.*?-->)*(?:[ \t]*\n)*", re.DOTALL)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
TITLE_WITHIN = 20_000
"""Characters in which a file's first heading is looked for."""

_MARKDOWN = MarkdownIt("commonmark")


def read_markdown(text: str, name: str, problems: Problems) -> RawTicket | None:
    """The ticket in a Markdown file; None when its front matter cannot be read.

    Its title is the front matter's `title`, or else the first heading, which then leaves the body if it stands at its
    top. Its id is the front matter's `id`, or else the file's name without the ending.

    Args:
        name: the file's name.

    Raises:
        BatchFileError: front matter needs PyYAML, which is not installed.
    """
    front_matter, body, line = split_front_matter(text)
    fields = Fields()
    if front_matter is not None:
        found = _read_front_matter(front_matter, line, name, problems)
        if found is None:
            return None
        fields = found
    elif body.startswith("---\n"):
        problems.add(name, "its front matter has no end", "Close it with a line '---'.")
        return None
    if "title" not in fields:
        title, body = _title_from_heading(body)
        if title:
            fields["title"] = title
    if body.strip():
        if given := next((key for key in ("description_markdown", "description_html") if fields.get(key)), None):
            problems.add(f"{name}, field {given}", "is given, and the file has a body too", "Keep one of them.")
            return None
        fields["description_markdown"] = body.strip("\n")
    return RawTicket(name, fields, implied_id=name.rpartition(".")[0])


def split_front_matter(text: str) -> tuple[str | None, str, int]:
    """The front matter without its fences, None when there is none; the text after it; and the line it begins in.

    Comments at the beginning of the file, and after the front matter, belong to neither.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    begin = _end_of_comments(text)
    found = _FRONT_MATTER.match(text[begin:])
    if found is None:
        return None, text[begin:], 0
    body = text[begin + found.end() :]
    return found[1], body[_end_of_comments(body) :], text.count("\n", 0, begin) + 1


def _end_of_comments(text: str) -> int:
    found = _LEADING_COMMENTS.match(text)
    return found.end() if found else 0


def _read_front_matter(source: str, line: int, name: str, problems: Problems) -> Fields | None:
    # As many lines before it, so that the lines named are the file's.
    document = parse_yaml("\n" * line + source, problems, where=name)
    if document is None:
        return Fields()
    if not isinstance(document, Fields):
        problems.add(name, f"its front matter must be 'field: value' lines, not {kind(document)}")
        return None
    return document


def _title_from_heading(body: str) -> tuple[str, str]:
    # The title stands near the top; to parse a whole book would take a hundred times its size.
    end = body.find("\n", TITLE_WITHIN) + 1
    tokens = _MARKDOWN.parse(body[:end] if end else body[: 2 * TITLE_WITHIN])
    for place, token in enumerate(tokens):
        if token.type != "heading_open" or token.map is None:
            continue
        inline = tokens[place + 1]
        title = "".join(
            " " if child.type in {"softbreak", "hardbreak"} else child.content for child in inline.children or []
        ).strip()
        if not title:
            continue
        start, end = token.map
        lines = body.split("\n")
        at_top = not any(line.strip() for line in lines[:start])
        return title, "\n".join(lines[end:]) if at_top else body
    return "", body

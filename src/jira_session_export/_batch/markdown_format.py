"""Reads Markdown: a folder with one ticket per file, or a single file with one ticket or several."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from markdown_it import MarkdownIt

from jira_session_export._batch.adapting import NOTHING, Adapting
from jira_session_export._batch.options import ReadOptions
from jira_session_export._batch.raw import Fields, Problems, RawBatch, RawTicket, kind
from jira_session_export._batch.yaml_format import parse_yaml
from jira_session_export._printable import excerpt

# Of a linter, a licence or a template; not what the ticket says.
_LEADING_COMMENTS = re.compile(r"\A\ufeff?(?:\s*<!--.*?-->)*(?:[ \t]*\n)*", re.DOTALL)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
TITLE_WITHIN = 20_000
"""Characters in which a file's first heading is looked for."""

_MARKDOWN = MarkdownIt("commonmark")


def read_markdown(
    text: str, name: str, problems: Problems, adapting: Adapting = NOTHING, implied_id: str | None = None
) -> RawTicket | None:
    """The ticket in a Markdown file; None when its front matter cannot be read.

    Its title is the front matter's `title`, or else the first heading, which then leaves the body if it stands at its
    top. Its id is the front matter's `id`, or else the file's name without the ending.

    Args:
        name: the file's name.
        implied_id: what identifies it without an `id`; by default the file's name without its ending.

    Raises:
        BatchFileError: front matter needs PyYAML, which is not installed.
    """
    front_matter, body, line = split_front_matter(text)
    fields = Fields()
    if front_matter is not None:
        found = _read_front_matter(front_matter, line, name, problems)
        if found is None:
            return None
        fields = adapting.renamed(found, name, problems)
    elif body.startswith("---\n"):
        problems.add(name, "its front matter has no end", "Close it with a line '---'.")
        return None
    if not _take_body(fields, body, f"{name}, ", problems):
        return None
    return RawTicket(name, fields, implied_id or name.rpartition(".")[0], renamed=True)


def _take_body(fields: Fields, body: str, place: str, problems: Problems) -> bool:
    """Make the body of a file the title and the description of its ticket; False when it has a description already."""
    if "title" not in fields:
        title, body = _title_from_heading(body)
        if title:
            fields["title"] = title
    if body.strip():
        if given := next((key for key in ("description_markdown", "description_html") if fields.get(key)), None):
            problems.add(f"{place}field {given}", "is given, and the file has a body too", "Keep one of them.")
            return False
        fields["description_markdown"] = body.strip("\n")
    return True


def read_markdown_file(text: str, problems: Problems, options: ReadOptions) -> RawBatch:
    """The batch in one Markdown file: one ticket, or one for each heading of the first level when there are several.

    The front matter describes the session and, of one ticket, its fields; of several, what they have in common.
    `ticket_heading: 2` in it makes each heading of the second level begin a ticket.

    Raises:
        BatchFileError: front matter needs PyYAML, which is not installed.
    """
    if not text.strip():
        raise problems.fatal("", "is empty")
    front_matter, body, line = split_front_matter(text)
    fields = Fields()
    if front_matter is not None:
        found = _read_front_matter(front_matter, line, "", problems)
        if found is None:
            raise problems.fatal("", "has a front matter that cannot be read", "Write 'field: value' lines.")
        fields = found
    elif body.startswith("---\n"):
        raise problems.fatal("", "its front matter has no end", "Close it with a line '---'.")
    level = fields.pop("ticket_heading", None)
    if level is not None and (not isinstance(level, int) or isinstance(level, bool) or not 1 <= level <= 6):
        raise problems.fatal("ticket_heading", "is no level of headings", "Write a number from 1 to 6.")
    session = Fields([(key, fields.pop(key)) for key in ("project_key", "name", "owner", "defaults") if key in fields])
    sections = list(_sections(body, level or 1))
    if level is None and len(sections) < 2:
        ticket = _one(fields, body, problems, options)
        return RawBatch([ticket] if ticket else [], session)
    return _several(sections, body, fields, session, problems=problems, options=options)


def _one(fields: Fields, body: str, problems: Problems, options: ReadOptions) -> RawTicket | None:
    name = Path(problems.path).name
    fields = options.adapting.renamed(fields, "", problems)
    if not _take_body(fields, body, "", problems):
        return None
    return RawTicket("the ticket", fields, name.rpartition(".")[0] or None, renamed=True)


def _several(
    sections: Sequence[tuple[int, str, str]],
    body: str,
    fields: Fields,
    session: Fields,
    *,
    problems: Problems,
    options: ReadOptions,
) -> RawBatch:
    if not sections:
        raise problems.fatal("", "has no heading that begins a ticket", "Write '# Title' above each ticket.")
    problems.count_tickets(len(sections), "")
    before = body[: sections[0][0]]
    outer = [each for each in before.split("\n") if each.strip() and not each.startswith("#")]
    if outer:
        problems.add(
            "", f"has text before the first ticket ({excerpt(outer[0].strip(), 40)})", "Move it into a ticket."
        )
    if "id" in fields:
        session["id"] = fields.pop("id")
    common = options.adapting.renamed(fields, "", problems)
    given = session.get("defaults")
    session["defaults"] = Fields([*(given.items() if isinstance(given, Fields) else ()), *common.items()])
    tickets = []
    for place, (_, title, text) in enumerate(sections, start=1):
        where = f"ticket {place}"
        ticket = Fields([("title", title)])
        if text.strip():
            ticket["description_markdown"] = text.strip("\n")
        tickets.append(RawTicket(where, ticket, renamed=True))
    return RawBatch(tickets, session)


_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


def _sections(body: str, level: int) -> Iterator[tuple[int, str, str]]:
    """Each heading of that level outside of code: where it begins, its text, and what stands below it."""
    found: list[tuple[int, int, str]] = []  # where it begins, where it ends, its text
    ends: list[int] = []
    fence = ""
    begin = 0
    for line in body.split("\n"):
        end = begin + len(line) + 1
        if fence:
            closing = _FENCE.fullmatch(line)
            if closing and closing[1].startswith(fence) and not closing[2].strip():
                fence = ""
        elif opening := _FENCE.fullmatch(line):
            if not (opening[1].startswith("`") and "`" in opening[2]):
                fence = opening[1]
        elif (heading := _HEADING.fullmatch(line)) and len(heading[1]) <= level:
            if len(found) > len(ends):
                ends.append(begin)
            if len(heading[1]) == level:
                found.append((begin, end, (heading[2] or "").strip()))
        begin = end
    if len(found) > len(ends):
        ends.append(len(body))
    for (start, text_begin, title), stop in zip(found, ends, strict=True):
        yield start, title, body[text_begin:stop]


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

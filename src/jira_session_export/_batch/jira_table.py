"""Jira's own export of issues as a table, whose first row names what Jira calls its fields."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from jira_session_export._batch.adapting import CUSTOM_PREFIX, folded
from jira_session_export._batch.options import ReadOptions
from jira_session_export._batch.raw import Fields, Problems, RawBatch, RawTicket
from jira_session_export._batch.tables import FIRST_ROW, LIST_SUFFIX, Column, Row, put
from jira_session_export._printable import excerpt
from jira_session_export._wording import counted

_COLUMNS: Mapping[str, str] = {
    "summary": "title",
    "issue key": "id",
    "issue type": "issue_type",
    "priority": "priority",
    "labels": "labels",
    "component/s": "components",
    "components": "components",
    "fix version/s": "fix_versions",
    "fix versions": "fix_versions",
    "affects version/s": "custom_fields.Affects versions[]",
    "affects versions": "custom_fields.Affects versions[]",
    "due date": "due_date",
    "environment": "custom_fields.Environment",
    "sprint": "sprint",
    "custom field (sprint)": "sprint",
    "custom field (story points)": "story_points",
    "custom field (story point estimate)": "story_points",
    "story points": "story_points",
    "story point estimate": "story_points",
}
_PEOPLE: Mapping[str, tuple[str, ...]] = {
    # The id of an account says who it is better than a name.
    "assignee": ("assignee id", "assignee"),
    "reporter": ("reporter id", "reporter"),
}
_PARENTS = ("parent key", "parent", "parent id", "custom field (epic link)", "epic link")
_READ = {"issue id", "description", *_PARENTS, *(name for names in _PEOPLE.values() for name in names)}
_CUSTOM = re.compile(r"custom field \((.+)\)", re.IGNORECASE | re.DOTALL)
_LINK = re.compile(r"(inward|outward) issue link \((.+)\)", re.IGNORECASE | re.DOTALL)
# What Jira keeps for itself: none of it can be set.
_OF_JIRA = re.compile(
    r"rank|development|\[chart\].*|request participants|satisfaction.*|issue color|team id", re.IGNORECASE
)
_KEY_BREAK = re.compile(r"[\s,;]+")
_PHRASES: Mapping[str, str] = {
    "blocks": "is blocked by",
    "cloners": "is cloned by",
    "duplicate": "is duplicated by",
    "relates": "relates to",
    "problem/incident": "is caused by",
    "polaris work item link": "is implemented by",
}
_DATE_FORMATS = (
    "%d/%b/%y %I:%M %p",
    "%d/%b/%Y %I:%M %p",
    "%d/%b/%y",
    "%d/%b/%Y",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S.%f",
)
_DATE = re.compile(r"[0-9]{1,2}/[A-Za-z]{3}/[0-9]{2,4}(?: [0-9]{1,2}:[0-9]{2} [AaPp][Mm])?")
_MARKUP = re.compile(
    r"^(?:h[1-6]\.|bq\.|\|\|)\s?|\{(?:code|noformat|quote|panel|color|adf)|\[[^\]\n|]+\|[^\]\n]+\]", re.MULTILINE
)


def is_jira_table(header: Sequence[str]) -> bool:
    """Whether a first row is one of Jira's."""
    names = {folded(cell) for cell in header}
    return "summary" in names and bool(names & {"issue key", "issue id"}) and "title" not in names


@dataclass(slots=True)
class _Table:
    """The columns of the table by what they are, each with its place."""

    columns: dict[int, Column] = field(default_factory=dict)
    named: dict[str, list[int]] = field(default_factory=dict)
    links: dict[int, tuple[bool, str]] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)


def read_jira_table(header: Sequence[str], rows: Iterable[Row], problems: Problems, options: ReadOptions) -> RawBatch:
    """The batch in a table that Jira has exported.

    An issue's key becomes the id of its ticket, so that parents and links inside the table stay what they are. What
    tickets do not have (status, comments, votes, …) is left out, and told.

    Raises:
        BatchFileError: it holds too much.
    """
    problems.count_values(len(header), FIRST_ROW)
    table = _table(header)
    read: list[tuple[Row, Fields]] = []
    for row in rows:
        problems.count_values(len(row.cells), row.where)
        if any(cell.strip() for cell in row.cells):
            read.append((row, _fields(row, table)))
            problems.count_tickets(len(read), row.where)
    keys = {_first(row, table, ("issue id",)): str(fields.get("id", "")) for row, fields in read}
    outside = sum([_put_parent(row, fields, table, keys) for row, fields in read])
    one_way = _put_links(read, table)
    for sentence in _told([row for row, _ in read], table, outside=outside, one_way=one_way):
        options.tell(sentence)
    return RawBatch([RawTicket(row.where, fields, renamed=True) for row, fields in read])


def _table(header: Sequence[str]) -> _Table:
    table = _Table()
    times = Counter(map(folded, header))
    for place, title in enumerate(header):
        name = folded(title)
        table.named.setdefault(name, []).append(place)
        custom = _CUSTOM.fullmatch(title.strip())
        if name in _COLUMNS:
            table.columns[place] = Column(title, _COLUMNS[name])
        elif link := _LINK.fullmatch(title.strip()):
            table.links[place] = (link[1].lower() == "outward", link[2].strip())
        elif name in _READ or not name:
            pass
        elif custom and not _OF_JIRA.fullmatch(custom[1].strip()):
            suffix = LIST_SUFFIX if times[name] > 1 else ""
            table.columns[place] = Column(title, f"{CUSTOM_PREFIX}{custom[1].strip()}{suffix}")
        else:
            table.left_out[place] = title.strip()
    return table


def _fields(row: Row, table: _Table) -> Fields:
    fields = Fields()
    for place, column in table.columns.items():
        cell = row.cells[place].strip() if place < len(row.cells) else ""
        if not cell:
            continue
        cell = _as_date(cell) if _DATE.fullmatch(cell) else cell
        if column.field == "sprint" and "sprint" in fields:  # the sprints it went through: the last one counts
            fields["sprint"] = cell
        elif column.is_list or column.field.startswith(CUSTOM_PREFIX) or column.field not in fields:
            put(fields, column, cell)
    for name, sources in _PEOPLE.items():
        if person := _first(row, table, sources):
            fields[name] = person
    if description := _first(row, table, ("description",)):
        fields["description_html"] = _as_written(description)
    return fields


def _put_parent(row: Row, fields: Fields, table: _Table, keys: Mapping[str, str]) -> int:
    """Name the parent by its key; 1 when it is one outside the table that the table knows by its number only."""
    named = [cell for name in _PARENTS for cell in _cells(row, table.named.get(name, ())) if cell]
    for cell in named:
        if not cell.isdigit():
            fields["parent"] = cell
            return 0
        if keys.get(cell):
            fields["parent"] = keys[cell]
            return 0
    return 1 if named else 0


def _put_links(read: Sequence[tuple[Row, Fields]], table: _Table) -> int:
    """Put the links in, each once; the number of those whose phrase is not known.

    A link between two issues of the table stands at both ends, if the columns of both are there.
    """
    by_key = {str(fields.get("id", "")): fields for _, fields in read}
    found: dict[int, dict[tuple[str, str], None]] = {id(fields): {} for _, fields in read}
    unknown = 0
    for row, fields in read:
        for place, (outward, name) in table.links.items():
            for other in filter(None, (key for cell in _cells(row, (place,)) for key in _KEY_BREAK.split(cell))):
                if outward:
                    found[id(fields)][name, other] = None
                elif other in by_key:
                    found[id(by_key[other])][name, str(fields.get("id", ""))] = None
                elif phrase := _PHRASES.get(folded(name)):
                    found[id(fields)][phrase, other] = None
                else:
                    unknown += 1
    for _, fields in read:
        if links := found[id(fields)]:
            fields["links"] = [Fields([("type", kind), ("to", other)]) for kind, other in links]
    return unknown


def _told(rows: Sequence[Row], table: _Table, *, outside: int, one_way: int) -> Iterator[str]:
    used = dict.fromkeys(
        title
        for place, title in table.left_out.items()
        if any(place < len(row.cells) and row.cells[place].strip() for row in rows)
    )
    if used:
        shown = ", ".join(excerpt(title, 40) for title in list(used)[:12])
        more = f" and {len(used) - 12} more" if len(used) > 12 else ""
        yield f"Columns of Jira's export that a new issue cannot be given were left out: {shown}{more}."
    if files := sum(bool(cell) for row in rows for cell in _cells(row, table.named.get("attachment", ()))):
        yield f"{counted(files, 'attachment')} of Jira's export not carried over: the table has only their addresses."
    marked = sum(bool(_MARKUP.search(_first(row, table, ("description",)))) for row in rows)
    if marked:
        yield (
            f"{counted(marked, 'description')} in Jira's wiki markup, which is not converted: "
            "headings, tables and code stay as they are written."
        )
    if outside:
        yield f"{counted(outside, 'parent')} outside of the table left out: the table has only their numbers."
    if one_way:
        yield f"{counted(one_way, 'link')} left out: what their type is called from the other end is not known."


def _first(row: Row, table: _Table, names: Iterable[str]) -> str:
    found = (cell for name in names for cell in _cells(row, table.named.get(name, ())) if cell)
    return next(found, "")


def _cells(row: Row, places: Iterable[int]) -> Iterator[str]:
    return (row.cells[place].strip() for place in places if place < len(row.cells))


def _as_date(cell: str) -> str:
    """A date as Jira's English export writes it, in the form of ISO 8601; of another language as it is."""
    for form in _DATE_FORMATS:
        try:
            moment = datetime.strptime(cell, form)  # noqa: DTZ007 -- the table does not name its zone
        except ValueError:
            continue
        return moment.date().isoformat() if moment.hour == moment.minute == 0 else moment.isoformat()
    return cell


def _as_written(text: str) -> str:
    """Plain text as HTML: paragraphs, and line breaks in them."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n").strip())
    return "".join(f"<p>{escape(each, quote=False).replace(chr(10), '<br>')}</p>" for each in paragraphs)

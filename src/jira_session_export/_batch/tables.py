"""Tables, whatever they come from: a first row that names the fields, and a ticket in each row after it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from jira_session_export._batch.adapting import CUSTOM_PREFIX, Adapting, folded
from jira_session_export._batch.fields import FIELD_NAMES, LIST_FIELDS, SYNONYMS, suggest
from jira_session_export._batch.raw import Fields, Problems, RawBatch, RawTicket
from jira_session_export._printable import excerpt, shortened

LIST_SUFFIX = "[]"
FIRST_ROW = "first row"

_NEXT_ITEM = re.compile(r"[;\n]")


@dataclass(frozen=True, slots=True)
class Row:
    """A row.

    Attributes:
        where: its place in words.
        cells: their texts; `HtmlCell` where one is formatted.
    """

    where: str
    cells: Sequence[str]


class HtmlCell(str):
    """A cell whose text is formatted.

    Attributes:
        html: the same as HTML.
    """

    __slots__ = ("html",)
    html: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        title: as it is written.
        field: its field, `custom_fields.<name>`, empty when it has no name, or unknown.
    """

    title: str
    field: str

    @property
    def is_known(self) -> bool:
        """Whether its cells can be read."""
        return self.field in FIELD_NAMES or self.field.startswith(CUSTOM_PREFIX)

    @property
    def is_list(self) -> bool:
        """Whether its cells hold lists, so that there may be several of it."""
        return self.field in LIST_FIELDS or self.field.endswith(LIST_SUFFIX)


def read_table(
    header: Sequence[str], rows: Iterable[Row], problems: Problems, adapting: Adapting, *, advice: str = ""
) -> RawBatch:
    """The batch in a table. A list is one text; several columns of one list are joined; an empty cell is no value.

    Args:
        advice: what to do about a row with more cells than the first one.

    Raises:
        BatchFileError: it names no title, or holds too much.
    """
    columns = _columns(header, problems, adapting)
    unknown: dict[int, str] = {}
    tickets: list[RawTicket] = []
    for row in rows:
        problems.count_values(sum(map(bool, row.cells)), row.where)
        if not any(cell.strip() for cell in row.cells):
            continue
        extra = [cell for cell in row.cells[len(columns) :] if cell.strip()]
        if extra or (advice and len(row.cells) > len(columns)):
            problems.add(row.where, f"has {len(row.cells):,} cells, the first row {len(columns):,}", advice)
            continue
        fields = Fields()
        for place, (column, cell) in enumerate(zip(columns, row.cells, strict=False)):
            if column is None or not cell.strip():
                continue
            if column.is_known:
                put(fields, column, cell)
            elif column.title.strip():
                unknown.setdefault(place, row.where)
            else:
                problems.add(row.where, f"has a cell in a column without a name ({excerpt(cell.strip(), 30)})")
        tickets.append(RawTicket(row.where, fields, renamed=True))
        problems.count_tickets(len(tickets), row.where)
    for place in sorted(unknown):
        _note_unknown(columns[place], problems)
    return RawBatch(tickets)


def put(fields: Fields, column: Column, cell: str) -> None:
    """Put a cell into its field."""
    name = column.field
    if name == "description_html" and isinstance(cell, HtmlCell):
        fields[name] = cell.html
    elif name.startswith(CUSTOM_PREFIX):
        custom = fields.setdefault("custom_fields", Fields())
        name = name.removeprefix(CUSTOM_PREFIX)
        if name.endswith(LIST_SUFFIX):
            listed = custom.setdefault(name.removesuffix(LIST_SUFFIX), [])
            listed.extend(item.strip() for item in _NEXT_ITEM.split(cell) if item.strip())
        else:
            custom[name] = str(cell)
    elif name in fields:  # another column of the same list
        fields[name] = f"{fields[name]}\n{cell}"
    else:
        fields[name] = str(cell)


def names_title(header: Iterable[str], adapting: Adapting) -> bool:
    """Whether a row names the column of the titles."""
    return any(
        column is not None and column.field == "title" for column in (_column(cell, adapting) for cell in header)
    )


def known_columns(header: Iterable[str], adapting: Adapting) -> int:
    """How many names of a first row are known: the right delimiter makes the most of them."""
    return sum(column is None or column.is_known for column in (_column(cell, adapting) for cell in header))


def _columns(header: Sequence[str], problems: Problems, adapting: Adapting) -> list[Column | None]:
    problems.count_values(len(header), FIRST_ROW)
    columns = [_column(cell, adapting) for cell in header]
    named = [column for column in columns if column is not None]
    by_field: defaultdict[str, list[Column]] = defaultdict(list)
    for column in named:
        by_field[column.field].append(column)
    for name, several in by_field.items():
        if name and len(several) > 1 and not several[0].is_list:
            said = f"has the column {excerpt(name)} more than once"
            problems.add(FIRST_ROW, said, "Join the columns, or rename one.")
    if not any(column.field == "title" for column in named):
        near = next((column.title for column in named if SYNONYMS.get(column.field) == "title"), None)
        action = f"Rename the column {near.strip()!r} to 'title'." if near else "Name the columns in the first row."
        problems.add(FIRST_ROW, "has no column 'title'", action)
        for column in named:
            if column.title.strip() and not column.is_known and SYNONYMS.get(column.field) != "title":
                _note_unknown(column, problems)
        problems.raise_if_any()
    return columns


def _column(cell: str, adapting: Adapting) -> Column | None:
    """The column; None when it is to be left out."""
    if adapting.knows(cell):
        target = adapting.columns[folded(cell)]
        return None if target is None else Column(cell, target)
    name = cell.strip()
    if name.lower().startswith(CUSTOM_PREFIX):
        return Column(cell, CUSTOM_PREFIX + name[len(CUSTOM_PREFIX) :].strip())
    return Column(cell, re.sub(r"[\s-]+", "_", name.lower()))


def _note_unknown(column: Column | None, problems: Problems) -> None:
    if column is not None:
        title = column.title.strip()
        elsewhere = f"name it {CUSTOM_PREFIX}{shortened(title)}"
        advice = partial(suggest, title, FIELD_NAMES, elsewhere=elsewhere)
        problems.add(FIRST_ROW, f"has an unknown column {excerpt(title)}", advice)

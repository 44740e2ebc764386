"""What the readers of the formats hand on, and the problems they all collect."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from typing import Any

from jira_session_export._batch.limits import DEFAULT_LIMITS, BatchLimits
from jira_session_export._printable import one_line
from jira_session_export._wording import counted
from jira_session_export._written import WrittenNumber
from jira_session_export.errors import BatchFileError, BatchProblem

SHOWN_PROBLEMS = 20
"""Problems an error spells out; the rest are counted."""

MAX_PROBLEMS = 10_000
"""Problems that end the reading: nobody corrects so many one by one."""

MAX_DEPTH = 64
"""How deep values may be nested; what reads them later may recurse."""

SESSION_KEYS = ("project_key", "name", "id", "owner", "defaults", "tickets")


_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,30}")


def number(literal: str) -> int | WrittenNumber:
    """A number as it was read, from which the literal can be had again."""
    return int(literal) if _WHOLE_NUMBER.fullmatch(literal) else WrittenNumber(literal)


class Fields(dict[str, Any]):
    """A mapping as it was read; its values are None, bool, int, `WrittenNumber`, str, list and `Fields`.

    A number that an int does not give back as written is a `WrittenNumber`: `1.10`, `1e3`, `+5`.

    Attributes:
        duplicates: keys that were given more than once.
        line: the line it begins on; 0 when unknown.
    """

    __slots__ = ("duplicates", "line")

    def __init__(self, pairs: Sequence[tuple[str, Any]] = (), line: int = 0) -> None:
        super().__init__(pairs)
        self.line = line
        self.duplicates: tuple[str, ...] = ()
        if len(self) != len(pairs):
            times = Counter(key for key, _ in pairs)
            self.duplicates = tuple(key for key in self if times[key] > 1)


@dataclass(frozen=True, slots=True)
class RawTicket:
    """A ticket as it was read.

    Attributes:
        where: its place in words, for example `line 3`.
        implied_id: what identifies it when it has no `id`; None takes its title.
        renamed: whether its fields have our names already.
    """

    where: str
    fields: Fields
    implied_id: str | None = None
    renamed: bool = False


@dataclass(frozen=True, slots=True)
class RawBatch:
    """A file as it was read.

    Attributes:
        fields: what it says about the session, without the tickets.
    """

    tickets: Sequence[RawTicket]
    fields: Fields = field(default_factory=Fields)


Action = str | Callable[[], str]
"""What to do about a problem, as a sentence; called only when the problem is shown, if it takes long to find."""


class Problems:
    """What one reading of a file has found wrong, so that it names it all; and how much it has read.

    Attributes:
        path: the file as it is named in messages.
        limits: how much it may hold.
    """

    def __init__(self, path: str, limits: BatchLimits = DEFAULT_LIMITS) -> None:
        self.path = one_line(path)  # a name in a strange encoding cannot be printed
        self.limits = limits
        self._shown: dict[tuple[str, str], Action] = {}
        self._found: set[int] = set()
        self._values = 0
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._found)

    def add(self, where: str, text: str, action: Action = "") -> None:
        """Note a problem and go on reading.

        Args:
            where: line, ticket or field; empty for the file as a whole.

        Raises:
            BatchFileError: it is one too many.
        """
        found = (one_line(where), one_line(text))
        self._found.add(hash(found))
        if len(self._shown) < SHOWN_PROBLEMS:
            self._shown.setdefault(found, action)
        if len(self._found) >= MAX_PROBLEMS:
            raise self._error()

    def fatal(self, where: str, text: str, action: Action = "") -> BatchFileError:
        """The error that names this problem and those noted before; for problems that end the reading."""
        if len(self._shown) >= SHOWN_PROBLEMS:  # the one that ended the reading is among those that are shown
            self._shown.popitem()
        found = (one_line(where), one_line(text))
        self._found.add(hash(found))
        self._shown.setdefault(found, action)
        return self._error()

    @property
    def bytes_left(self) -> int:
        """How much more may be read."""
        return self.limits.max_bytes - self._bytes

    def count_bytes(self, number: int, where: str) -> None:
        """Count what was read of a file.

        Raises:
            BatchFileError: it is too much.
        """
        if number > self.bytes_left:
            raise self.fatal(where, f"has more than {self.limits.max_bytes / 1_000_000:g} MB", SPLIT)
        self._bytes += number

    def count_values(self, number: int, where: str) -> None:
        """Count values that were read.

        Raises:
            BatchFileError: they are too many.
        """
        self._values += number
        if self._values > self.limits.max_values:
            raise self.fatal(where, f"has more than {counted(self.limits.max_values, 'value')}", SPLIT)

    def count_tickets(self, number: int, where: str) -> None:
        """Look at how many tickets there are.

        Raises:
            BatchFileError: they are too many.
        """
        if number > self.limits.max_tickets:
            raise self.fatal(where, f"has more than {counted(self.limits.max_tickets, 'ticket')}", SPLIT)

    def raise_if_any(self) -> None:
        """Raise what was noted.

        Raises:
            BatchFileError: something was.
        """
        if self._found:
            raise self._error()

    def _error(self) -> BatchFileError:
        said = [one_line(action if isinstance(action, str) else action()) for action in self._shown.values()]
        problems = [BatchProblem(where, text, action) for (where, text), action in zip(self._shown, said, strict=True)]
        actions = tuple(dict.fromkeys(action for action in said if action))
        if len(self._found) == 1:
            ((where, text),) = self._shown
            return BatchFileError(f"{text}.", path=self.path, where=where, recovery_actions=actions, problems=problems)
        lines = [f"{where}: {text}" if where else text for where, text in self._shown]
        count, hidden = len(self._found), len(self._found) - len(lines)
        if count >= MAX_PROBLEMS:
            number, rest = f"more than {MAX_PROBLEMS - 1:,}", ["and more; the file was not read to its end"]
        else:
            number, rest = str(count), [f"and {hidden} more"] if hidden else []
        return BatchFileError(
            f"{number} problems:\n" + "\n".join(f"  - {line}" for line in [*lines, *rest]),
            path=self.path,
            recovery_actions=actions[:SHOWN_PROBLEMS],
            problems=problems,
            problem_count=count,
        )


SPLIT = "Split it into several sessions, or let the limits be raised (BatchLimits)."


def split_document(document: Any, problems: Problems) -> RawBatch:
    """The session and tickets of a JSON or YAML document: an object with `tickets`, or a list of tickets.

    Raises:
        BatchFileError: it is neither.
    """
    fields = Fields()
    listed = document
    if isinstance(document, Fields):
        if "tickets" not in document:
            raise problems.fatal("", 'there is no "tickets" in it', _suggest_tickets(document))
        fields = document
        listed = fields.pop("tickets")
    if not isinstance(listed, list):
        raise problems.fatal(
            "tickets" if listed is not document else "",
            f"must be a list of tickets, not {kind(listed)}",
            'Write {"project_key": "ABC", "tickets": [{"title": "..."}]}.',
        )
    problems.count_tickets(len(listed), "")
    tickets = []
    for place, item in enumerate(listed, start=1):
        where = f"ticket {place} (line {item.line})" if isinstance(item, Fields) and item.line else f"ticket {place}"
        if isinstance(item, Fields):
            tickets.append(RawTicket(where, item))
        else:
            problems.add(where, f"must be an object with at least a title, not {kind(item)}")
    return RawBatch(tickets, fields)


def _suggest_tickets(document: Fields) -> str:
    keys = [key for key in islice(document, 1_000) if len(key) < 20]
    near = next(iter(get_close_matches("tickets", keys, n=1)), None)
    if near:
        return f'Rename "{near}" to "tickets".'
    if "title" in document:
        return 'Put the ticket into a list: {"tickets": [{"title": "..."}]}.'
    return 'Put the list of tickets under the key "tickets".'


def kind(value: Any) -> str:
    """What a value is, in the words of people who write batch files."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return "a number"

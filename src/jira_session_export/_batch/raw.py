"""What the readers of the formats hand on, and the problems they all collect."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from jira_session_export._written import WrittenNumber
from jira_session_export.errors import BatchFileError

SHOWN_PROBLEMS = 20
"""Problems an error spells out; the rest are counted."""

MAX_DEPTH = 64
"""How deep values may be nested; what reads them later may recurse."""

SESSION_KEYS = ("project_key", "name", "id", "owner", "tickets")


_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,30}")


def number(literal: str) -> int | WrittenNumber:
    """A number as it was read, from which the literal can be had again."""
    return int(literal) if _WHOLE_NUMBER.fullmatch(literal) else WrittenNumber(literal)


class Fields(dict[str, Any]):
    """A mapping as it was read; its values are None, bool, int, `WrittenNumber`, str, list and `Fields`.

    A number that an int does not give back as written is a `WrittenNumber`: `1.10`, `1e3`, `+5`.

    Attributes:
        duplicates: keys that were given more than once.
    """

    __slots__ = ("duplicates",)

    def __init__(self, pairs: Sequence[tuple[str, Any]] = ()) -> None:
        super().__init__(pairs)
        self.duplicates: tuple[str, ...] = ()
        if len(self) != len(pairs):
            keys = [key for key, _ in pairs]
            self.duplicates = tuple(key for key in self if keys.count(key) > 1)


@dataclass(frozen=True, slots=True)
class RawTicket:
    """A ticket as it was read.

    Attributes:
        where: its place in words, for example `line 3`.
        implied_id: what identifies it when it has no `id`; None takes its title.
    """

    where: str
    fields: Fields
    implied_id: str | None = None


@dataclass(frozen=True, slots=True)
class RawBatch:
    """A file as it was read.

    Attributes:
        fields: what it says about the session, without the tickets.
    """

    tickets: Sequence[RawTicket]
    fields: Fields = field(default_factory=Fields)


class Problems:
    """Collects what is wrong with a file, so that one reading names it all."""

    def __init__(self, path: str) -> None:
        self.path = path.encode(errors="backslashreplace").decode()  # a name in a strange encoding cannot be printed
        self._found: dict[tuple[str, str], str] = {}

    def __len__(self) -> int:
        return len(self._found)

    def add(self, where: str, text: str, action: str = "") -> None:
        """Note a problem and go on reading.

        Args:
            where: line, ticket or field; empty for the file as a whole.
            action: what to do about it, as a sentence.
        """
        self._found.setdefault((where, text), action)

    def fatal(self, where: str, text: str, action: str = "") -> BatchFileError:
        """The error that names this problem and all noted before; for problems that end the reading."""
        self.add(where, text, action)
        return self._error()

    def raise_if_any(self) -> None:
        """Raise what was noted.

        Raises:
            BatchFileError: something was.
        """
        if self._found:
            raise self._error()

    def _error(self) -> BatchFileError:
        actions = tuple(dict.fromkeys(action for action in self._found.values() if action))
        if len(self._found) == 1:
            ((where, text),) = self._found
            return BatchFileError(f"{text}.", path=self.path, where=where, recovery_actions=actions)
        lines = [f"{where}: {text}" if where else text for where, text in self._found]
        hidden = len(lines) - SHOWN_PROBLEMS
        shown = lines[:SHOWN_PROBLEMS] + ([f"and {hidden} more"] if hidden > 0 else [])
        return BatchFileError(
            f"{len(lines)} problems:\n" + "\n".join(f"  - {line}" for line in shown),
            path=self.path,
            recovery_actions=actions[:SHOWN_PROBLEMS],
        )


def split_document(document: Any, problems: Problems, lines: Mapping[int, int] | None = None) -> RawBatch:
    """The session and tickets of a JSON or YAML document: an object with `tickets`, or a list of tickets.

    Args:
        lines: `id()` of a mapping → the line it begins on, where known.

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
    tickets = []
    for place, item in enumerate(listed, start=1):
        line = (lines or {}).get(id(item))
        where = f"ticket {place} (line {line})" if line else f"ticket {place}"
        if isinstance(item, Fields):
            tickets.append(RawTicket(where, item))
        else:
            problems.add(where, f"must be an object with at least a title, not {kind(item)}")
    return RawBatch(tickets, fields)


def _suggest_tickets(document: Fields) -> str:
    near = next(iter(get_close_matches("tickets", document, n=1)), None)
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

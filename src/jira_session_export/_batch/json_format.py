"""Reads JSON and JSON Lines."""

import json
import re
from typing import Any

from jira_session_export._batch.options import ReadOptions
from jira_session_export._batch.raw import (
    SESSION_KEYS,
    Fields,
    Problems,
    RawBatch,
    RawTicket,
    kind,
    number,
    split_document,
)
from jira_session_export._json_size import count_values
from jira_session_export._written import WrittenNumber


def read_json(text: str, problems: Problems, _: ReadOptions) -> RawBatch:
    """The batch in a JSON document.

    Raises:
        BatchFileError: it is not JSON, or holds no tickets, or too much.
    """
    return split_document(parse_json(text, problems), problems)


def parse_json(text: str, problems: Problems) -> Any:
    """The value of a JSON document.

    Raises:
        BatchFileError: it is not JSON, or holds too much.
    """
    if not text.strip():
        raise problems.fatal("", "is empty")
    problems.count_values(count_values(text), "")
    try:
        return _parse(text)
    except json.JSONDecodeError as exc:
        where = f"line {exc.lineno}, column {exc.colno}"
        raise problems.fatal(where, f"is not JSON: {exc.msg}", _cause(text, exc.pos)) from exc
    except (ValueError, RecursionError) as exc:
        raise problems.fatal("", _unparsable(exc)) from exc


def read_json_lines(text: str, problems: Problems, _: ReadOptions) -> RawBatch:
    """The batch in a file with one ticket per line; the first line may describe the session instead.

    Raises:
        BatchFileError: it is empty, or holds too much.
    """
    session = Fields()
    tickets: list[RawTicket] = []
    # Not splitlines(): JSON strings may hold U+2028 and its like as they are.
    for place, found in enumerate(_LINE.finditer(text), start=1):
        line = found[0]
        if not line.strip():
            continue
        where = f"line {place}"
        problems.count_values(count_values(line), where)
        try:
            item = _parse(line)
        except json.JSONDecodeError as exc:
            problems.add(f"{where}, column {exc.colno}", f"is not JSON: {exc.msg}", "Put each ticket on one line.")
            continue
        except (ValueError, RecursionError) as exc:
            problems.add(where, _unparsable(exc))
            continue
        if not isinstance(item, Fields):
            problems.add(where, f"must be an object with at least a title, not {kind(item)}")
        elif not (tickets or session) and item and set(item) < set(SESSION_KEYS):
            session = item
        else:
            tickets.append(RawTicket(where, item))
            problems.count_tickets(len(tickets), where)
    if not (tickets or session or len(problems)):
        raise problems.fatal("", "is empty")
    return RawBatch(tickets, session)


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def _cause(text: str, place: int) -> str:
    """What a person probably did who did not write JSON by a program."""
    before, at = text[max(0, place - 1000) : place].rstrip(), text[place : place + 1]
    # Python names the bracket, or from 3.13 on the comma before it.
    if (before.endswith(",") and at in {"}", "]"}) or re.match(r",\s*[}\]]", text[place : place + 1000]):
        return "Remove the comma before the closing bracket: JSON allows none there."
    if at in {"'", "\u2018", "\u2019", "\u201c", "\u201d"}:
        return 'Write straight double quotation marks: "title".'
    if at in {"/", "#"}:
        return "Remove the comment: JSON has none. YAML does."
    return ""


def _parse(text: str) -> Any:
    # Python reads NaN and Infinity, which JSON does not have: they are refused where their place is known.
    return json.loads(
        text, object_pairs_hook=Fields, parse_float=WrittenNumber, parse_int=number, parse_constant=WrittenNumber
    )


def _unparsable(exc: ValueError | RecursionError) -> str:
    return "is nested too deeply" if isinstance(exc, RecursionError) else f"is not JSON: {exc}"

"""Reads JSON and JSON Lines."""

import json
from typing import Any

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
from jira_session_export._written import WrittenNumber


def read_json(text: str, problems: Problems) -> RawBatch:
    """The batch in a JSON document.

    Raises:
        BatchFileError: it is not JSON, or holds no tickets.
    """
    if not text.strip():
        raise problems.fatal("", "is empty")
    try:
        document = _parse(text)
    except json.JSONDecodeError as exc:
        raise problems.fatal(f"line {exc.lineno}, column {exc.colno}", f"is not JSON: {exc.msg}") from exc
    except (ValueError, RecursionError) as exc:
        raise problems.fatal("", _unparsable(exc)) from exc
    return split_document(document, problems)


def read_json_lines(text: str, problems: Problems) -> RawBatch:
    """The batch in a file with one ticket per line; the first line may describe the session instead.

    Raises:
        BatchFileError: it is empty.
    """
    session = Fields()
    tickets: list[RawTicket] = []
    # Not splitlines(): JSON strings may hold U+2028 and its like as they are.
    for place, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"line {place}"
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
    if not (tickets or session or len(problems)):
        raise problems.fatal("", "is empty")
    return RawBatch(tickets, session)


def _parse(text: str) -> Any:
    # Python reads NaN and Infinity, which JSON does not have: they are refused where their place is known.
    return json.loads(
        text, object_pairs_hook=Fields, parse_float=WrittenNumber, parse_int=number, parse_constant=WrittenNumber
    )


def _unparsable(exc: ValueError | RecursionError) -> str:
    return "is nested too deeply" if isinstance(exc, RecursionError) else f"is not JSON: {exc}"

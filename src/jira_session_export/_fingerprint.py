"""What a ticket said when it was exported, in a few characters for each field, so that later edits can be told.

A fingerprint is a string such as `1 description=3f0a9c11d2e4 title=77ab01c29e5d`: the version of the scheme, then each
field that is given, in the batch file's words, with 48 bits of the SHA-256 of its value. It is the same in every
process, on every version of Python, and whatever file the ticket was read from. It tells nothing that was written.
"""

import hashlib
import json
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the status of an export is read without the models
    from jira_session_export._models import Ticket


_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_VERSION = "1"
_DIGITS = 12
# The id says which ticket it is, and its place changes nothing in Jira. A file is known by its name: the folder it
# lies in is not sent, and its content is not read for this.
_OTHER = {"id", "order", "description_html", "description_markdown", "custom_fields", "attachments"}
_STRINGS = frozenset({"labels", "components", "fix_versions"})
_UNORDERED = frozenset({"labels", "components", "fix_versions", "depends_on", "links"})


def fingerprint(ticket: "Ticket") -> str:
    """Return the fingerprint of what an export of the ticket sends."""
    return " ".join([_VERSION, *(f"{name}={digits}" for name, digits in sorted(_digits(ticket).items()))])


def edited_fields(then: str, ticket: "Ticket") -> tuple[str, ...] | None:
    """Return the fields that differ between a fingerprint and the ticket as it is now, in the batch file's words.

    Returns:
        Sorted names; empty when nothing was edited. None when the fingerprint is of no scheme we know, or is empty.
    """
    version, _, written = then.partition(" ")
    if version != _VERSION:
        return None
    before = dict(pair.partition("=")[::2] for pair in written.split(" ") if "=" in pair)
    now = _digits(ticket)
    return tuple(sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name)))


def _digits(ticket: "Ticket") -> dict[str, str]:
    return {name: _hashed(value) for name, value in _values(ticket).items()}


def _values(ticket: "Ticket") -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in ticket.model_fields_set:  # the others have their defaults
        if name in _OTHER or (value := getattr(ticket, name)) is None or value == ():  # the defaults of all fields
            continue
        # What JSON takes as it is need not go through pydantic, which takes longer than all the rest.
        is_plain = isinstance(value, (str, int, float)) or name in _STRINGS
        plain = value if is_plain else _dumped(ticket, name)
        values[name] = sorted(map(_written, plain)) if name in _UNORDERED else plain
    # Both descriptions become the same field, and a change from one to the other is an edit of it.
    for name in ("html", "markdown"):
        if text := getattr(ticket, f"description_{name}"):
            # Line ends differ between the formats of batch files, and no converter sees them.
            values["description"] = [name, text.replace("\r\n", "\n").replace("\r", "\n")]
    if ticket.sprint is not None:
        values["sprint"] = str(ticket.sprint)  # an id that a file has as a number, and another as text
    if ticket.attachments:
        values["attachments"] = sorted(_written([each.name, each.media_type]) for each in ticket.attachments)
    if ticket.custom_fields:
        values["custom_fields"] = _dumped(ticket, "custom_fields")
    return values


def _dumped(ticket: "Ticket", name: str) -> Any:
    return ticket.model_dump(mode="json", include={name}, exclude_defaults=True)[name]


def _hashed(value: Any) -> str:
    return hashlib.sha256(_written(value).encode()).hexdigest()[:_DIGITS]


def _written(value: Any) -> str:
    if isinstance(value, list) and set(map(type, value)) == {str}:
        return f"[{','.join(map(encode_basestring_ascii, value))}]"  # as the encoder does, without making one of it
    return _JSON.encode(value)

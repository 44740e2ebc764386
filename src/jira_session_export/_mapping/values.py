"""Simple values of a field (text, number, date, address, label, rich text), and what every converter works with.

A converter takes what a ticket says for a field, or for one part of a list, and gives what Jira wants there.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/ (create issue, create metadata;
the types are those of a create screen's `schema`), October 2026.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jira_session_export._jira.wire import FieldMetadata
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._mapping.richtext import is_document, shows_anything
from jira_session_export._written import WrittenNumber
from jira_session_export.errors import DocumentTooLargeError

LABEL_MAX_LENGTH = 255
_NAMING_KEYS = ("id", "accountId", "emailAddress", "value", "name", "displayName", "key")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

ToAdf = Callable[[str], Mapping[str, Any]]
"""Makes an ADF document of a text in Markdown or HTML."""


class UnusableValueError(ValueError):
    """A value cannot be sent.

    Attributes:
        why: the reason, as the end of a sentence.
        action: what a person should do; empty for the field's usual advice.
    """

    def __init__(self, why: str, action: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.action = action


@dataclass(frozen=True, slots=True)
class Context:
    """What a value is converted for, and what may be looked up. `rich_text`: converts Markdown or HTML."""

    field: FieldMetadata
    metadata: ProjectMetadata
    rich_text: ToAdf


@dataclass(frozen=True, slots=True)
class Altered:
    """A value that is sent, but not as written, because `why`."""

    value: Any
    why: str


Converter = Callable[[Any, Context], Any]
"""Makes of a ticket's value what Jira wants, None for nothing; raises `UnusableValueError` when it cannot."""


def is_blank(wanted: Any) -> bool:
    """Whether a ticket asks for nothing: None, a string of white space and control characters, nothing in a list."""
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return not wanted[:1].isalnum() and not one_line(wanted)
    return wanted in ((), [], {})


def term_of(value: Any) -> str:
    """The text that names something: a text, a number, or what a mapping in Jira's own shape holds."""
    if isinstance(value, str) and (text := value.strip()):
        return text  # as most are; `Mapping` takes longer to ask for
    if isinstance(value, Mapping):
        value = next((value[key] for key in _NAMING_KEYS if value.get(key)), None)
    if isinstance(value, bool):
        return str(value).lower()  # as JSON and YAML write it
    if isinstance(value, float) and value.is_integer() and not isinstance(value, WrittenNumber):
        value = int(value)
    if isinstance(value, (str, int, float)) and str(value).strip():
        return str(value).strip()
    raise UnusableValueError("it is neither a text nor a number")


def only_one(value: Any) -> Any:
    """The value of a field that holds one, also where it is given as a list of one.

    Raises:
        UnusableValueError: the list has several.
    """
    if not isinstance(value, (list, tuple, set, frozenset)):
        return value
    items = [item for item in value if not is_blank(item)]
    if len(items) > 1:
        raise UnusableValueError("the field holds one value, and the ticket gives several")
    return items[0] if items else None


def one_line(text: str) -> str:
    """The text without line breaks and other control characters, which Jira takes in no single-line field."""
    return " ".join((text if text.isprintable() else _CONTROL.sub(" ", text)).split())


def to_text(value: Any, _: Context) -> str | None:
    """A single line; None when nothing is left of it but control characters."""
    return one_line(term_of(value)) or None


def to_document(value: Any, context: Context) -> Mapping[str, Any] | None:
    """An ADF document: one as it is, or Markdown or HTML converted; None when a reader would see nothing of it."""
    if is_document(value):
        document: Mapping[str, Any] = value
    else:
        try:
            document = context.rich_text(term_of(value))
        except DocumentTooLargeError as exc:
            raise UnusableValueError(f"it is too long ({exc.length:,} characters)") from exc
    return document if shows_anything(document) else None


def to_number(value: Any, _: Context) -> int | float | Altered:
    """A finite number; Jira keeps them as doubles, so that one with more digits is rounded."""
    term = term_of(value)
    try:
        number = float(term) if _NUMBER.fullmatch(term) else math.nan
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise UnusableValueError("it is not a number")
    sent = int(number) if number.is_integer() else number
    is_exact = type(value) is float or Decimal(term) == Decimal(repr(sent))
    return sent if is_exact else Altered(sent, "Jira keeps about 15 digits of a number")


def to_date(value: Any, _: Context) -> str:
    """A day, `2026-12-31`."""
    return _moment(value).date().isoformat()


def to_datetime(value: Any, context: Context) -> str:
    """Jira wants `2026-10-02T09:30:00.000+0000`; a time without a zone is one of the exporting account's own zone."""
    moment = _moment(value)
    try:
        moment = (moment.replace(tzinfo=_own_zone(context)) if moment.tzinfo is None else moment).astimezone(UTC)
    except OverflowError as exc:
        raise UnusableValueError("Jira's calendar does not reach that far") from exc
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}+0000"


def _own_zone(context: Context) -> tzinfo:
    """The zone in which Jira shows the exporting account its times; UTC where Jira does not say."""
    myself = context.metadata.myself
    name = myself.time_zone if myself is not None else None
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise UnusableValueError(
            f"it has no time zone, and the exporting account's ({name}) is not known on this computer",
            "Fill in the time in Jira by hand; in tickets, write the zone: 2026-10-02T09:30+02:00.",
        ) from exc


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    text = value.isoformat() if isinstance(value, date) else term_of(value)
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise UnusableValueError("it is not a date; dates are written like 2026-12-31") from exc


def to_url(value: Any, _: Context) -> str:
    """An absolute address."""
    text = term_of(value)
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if not (parts.scheme and (parts.netloc or parts.path)) or any(char.isspace() for char in text):
        raise UnusableValueError("it is not an address like https://example.com/")
    return text


def to_label(value: Any, _: Context) -> str | Altered:
    """A label holds no white space; each stretch of it becomes one hyphen."""
    written = term_of(value)
    label = "-".join(written.split())
    if len(label) > LABEL_MAX_LENGTH:
        raise UnusableValueError(f"a label has at most {LABEL_MAX_LENGTH} characters")
    return label if label == written else Altered(label, "a label in Jira holds no spaces")

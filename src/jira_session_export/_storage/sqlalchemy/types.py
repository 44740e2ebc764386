"""Column types that have the same Python values on both databases."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, DateTime, Dialect, String, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

_REPLACEMENT = "\ufffd"
_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware and in UTC in Python; `timestamptz` on PostgreSQL, text in UTC on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    @override
    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        # SQLAlchemy writes it the same way, by way of two more functions; it is written with every entry.
        return _moment_as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class UuidText(TypeDecorator[UUID]):
    """A UUID: the native type on PostgreSQL, its usual text elsewhere, so that plain SQL reads well."""

    impl = String(36)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Uuid() if dialect.name == "postgresql" else String(36))

    @property
    @override
    def python_type(self) -> type[UUID]:
        return UUID

    @override
    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> UUID | str | None:
        return value if value is None or dialect.name == "postgresql" else str(value)

    @override
    def bind_processor(self, dialect: Dialect) -> Callable[[UUID | None], Any] | None:
        return super().bind_processor(dialect) if dialect.name == "postgresql" else _uuid_as_text

    @override
    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], UUID | None] | None:
        return super().result_processor(dialect, coltype) if dialect.name == "postgresql" else _uuid_of_text

    @override
    def process_result_value(self, value: UUID | str | None, dialect: Dialect) -> UUID | None:
        return _uuid_of_text(value)


class Line(TypeDecorator[str]):
    """Text of any length. A NUL, which PostgreSQL does not store, becomes U+FFFD on both databases."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return _without_nul_characters(value)

    @override
    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        return _without_nul_characters


class JsonText(str):
    """A JSON value that is written already, for a column of `Json`; SQLite's, which is text."""

    __slots__ = ()


class Json(TypeDecorator[Any]):
    """A JSON value: `jsonb` on PostgreSQL, text on SQLite; None is SQL's NULL. NULs as in `Line`."""

    impl = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    cache_ok = True

    @override
    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self

    @override
    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        if dialect.name == "postgresql":
            return super().bind_processor(dialect)
        return _as_text  # with one turn of the encoder instead of two

    @override
    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        text = _ENCODE(value)
        return value if "\\u0000" not in text else json.loads(_without_nul(text))


_ENCODE = json.JSONEncoder().encode


def _as_text(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, JsonText) else _ENCODE(value)
    return text if "\\u0000" not in text else _without_nul(text)


def _moment_as_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


@lru_cache(maxsize=1024)  # a ticket's is written several times in a row, and `str` of a UUID is Python
def _uuid_as_text(value: UUID | None) -> str | None:
    return value if value is None else str(value)


def _uuid_of_text(value: UUID | str | None) -> UUID | None:
    return UUID(value) if isinstance(value, str) else value


def _without_nul_characters(value: str | None) -> str | None:
    return value if value is None or "\0" not in value else value.replace("\0", _REPLACEMENT)


def _without_nul(text: str) -> str:
    return _ESCAPED_NUL.sub(rf"\1{_REPLACEMENT}", text)

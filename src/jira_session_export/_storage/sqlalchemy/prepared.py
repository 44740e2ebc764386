"""Statements that run for every ticket, prepared once.

Of SQLAlchemy's execution they need only the text and the types. On SQLite the driver gets the text itself. That is the
one place that goes past SQLAlchemy, and what it pays with: an append takes 0.24 to 0.32 ms of CPU time instead of 0.37
to 0.43 (medians of five alternating pairs of runs, 300 tickets each, Python 3.11, November 2026), which matters to a
process that runs hundreds of sessions at once. Elsewhere, and on a host's engine, which may listen to what is executed,
SQLAlchemy executes them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

Statement = sa.Select[Any] | sa.Insert | sa.Update | ReturningInsert[Any] | ReturningUpdate[Any]
Row = Sequence[Any]
Parameters = Mapping[str, Any]
Columns = Mapping[str, Iterable[Any]]
"""The parameters of several runs of a statement: name → its values; `repeat(value)` where that is the same in all."""
_Convert = Callable[[Any], Any]
_Bind = tuple[str, Any, _Convert | None]
"""Which parameter a place in the text takes, what it is when that is missing, and how it is written."""
_Decoder = tuple[int, _Convert]
"""A place in a row, and how what the driver gives there is read."""


class Prepared(Protocol):
    """A statement that is ready to run."""

    def row(self, connection: Connection, parameters: Parameters) -> Row | None:
        """The only row it gives; None when there is none."""

    def rows(self, connection: Connection, parameters: Parameters) -> Sequence[Row]:
        """All rows it gives."""

    def each(self, connection: Connection, parameters: Parameters) -> Iterator[Row]:
        """All rows it gives, one after the other: thousands of them need not be in memory twice."""

    def run(self, connection: Connection, parameters: Sequence[Parameters]) -> None:
        """Run it once for each of at least one, all of the same names.

        The names that do not begin with an underscore are columns to be set.
        """

    def ready(self, columns: Columns) -> Callable[[Connection], int]:
        """What is left of `run` once all is done that needs no connection, so that nobody is kept out for long.

        It returns how many rows an update has changed.
        """


class ByDriver:
    """Run by the driver, from text."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        self._statement = statement
        self._dialect = dialect
        self._texts: dict[tuple[str, ...], tuple[str, list[_Bind]]] = {}
        self._decoders = _needed([_decoder(column.type, dialect) for column in statement.exported_columns])

    def row(self, connection: Connection, parameters: Parameters) -> Row | None:
        """See `Prepared`."""
        found = self._execute(connection, parameters).fetchone()
        return None if found is None else self._decoded(found)

    def rows(self, connection: Connection, parameters: Parameters) -> Sequence[Row]:
        """See `Prepared`."""
        return [self._decoded(found) for found in self._execute(connection, parameters).fetchall()]

    def each(self, connection: Connection, parameters: Parameters) -> Iterator[Row]:
        """See `Prepared`."""
        return map(self._decoded, self._execute(connection, parameters))

    def _decoded(self, row: Row) -> Row:
        return _decoded(row, self._decoders)

    def run(self, connection: Connection, parameters: Sequence[Parameters]) -> None:
        """See `Prepared`."""
        self.ready(_as_columns(parameters))(connection)

    def ready(self, columns: Columns) -> Callable[[Connection], int]:
        """See `Prepared`."""
        text, binds = self._text(tuple(columns))
        # Not strict: those that are the same in all rows have no end.
        values = list(zip(*[_column(columns.get(name, repeat(default)), encode) for name, default, encode in binds]))  # noqa: B905

        def run(connection: Connection) -> int:
            cursor = connection.connection.cursor()
            changed: int = cursor.executemany(text, values).rowcount
            cursor.close()
            return changed

        return run

    def _execute(self, connection: Connection, parameters: Parameters) -> Any:
        text, binds = self._text(tuple(parameters))
        cursor = connection.connection.cursor()
        cursor.execute(text, _values(binds, parameters))
        return cursor

    def _text(self, names: tuple[str, ...]) -> tuple[str, list[_Bind]]:
        if names not in self._texts:
            self._texts[names] = self._compiled(names)
        return self._texts[names]

    def _compiled(self, names: Sequence[str]) -> tuple[str, list[_Bind]]:
        columns = [name for name in names if not name.startswith("_")]
        compiled: Any = self._statement.compile(dialect=self._dialect, column_keys=columns)
        binds = [(name, compiled.binds[name]) for name in compiled.positiontup]
        return str(compiled), [(name, bind.value, _encoder(bind.type, self._dialect)) for name, bind in binds]


def _values(binds: Sequence[_Bind], parameters: Parameters) -> tuple[Any, ...]:
    return tuple(
        [
            value if encode is None else encode(value)
            for name, default, encode in binds
            for value in (parameters.get(name, default),)
        ]
    )


def _column(values: Iterable[Any], encode: _Convert | None) -> Iterable[Any]:
    """The values of one place in the text; what is the same object in all rows, as a bulk's time, is written once."""
    if encode is None:
        return values
    if isinstance(values, repeat):
        return repeat(encode(next(values)))
    remaining = iter(values)
    first = next(remaining)
    written = encode(first)
    return [written, *[written if value is first else encode(value) for value in remaining]]


def _as_columns(rows: Sequence[Parameters]) -> Columns:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _as_rows(columns: Columns) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values())]  # noqa: B905 -- as above


class NamedText:
    """A statement as text for a driver that takes its parameters by name, as psycopg does."""

    def __init__(self, statement: sa.ClauseElement, dialect: Dialect, columns: Sequence[str] | None = None) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
        self._text = str(compiled)
        self._binds: list[tuple[str, str, Any, _Convert | None]] = [
            (name, bind.key, bind.value, _encoder(bind.type, dialect)) for bind, name in compiled.bind_names.items()
        ]

    def with_values(self, parameters: Parameters) -> tuple[str, dict[str, Any]]:
        """The text, and the parameters as the driver takes them."""
        return self._text, self._values(parameters)

    def with_each(self, parameters: Sequence[Parameters]) -> tuple[str, list[dict[str, Any]]]:
        """As `with_values`, for several of the same names."""
        return self._text, [self._values(each) for each in parameters]

    def _values(self, parameters: Parameters) -> dict[str, Any]:
        values = {}
        for name, key, default, encode in self._binds:
            value = parameters.get(key, default)
            values[name] = value if encode is None else encode(value)
        return values


class ByNames:
    """Run by psycopg, from text."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        self._statement = statement
        self._dialect = dialect
        self._texts: dict[tuple[str, ...], NamedText] = {}
        self._decoders = _needed(
            [
                None if isinstance(column.type, sa.Float) else _decoder(column.type, dialect)  # psycopg gives floats
                for column in statement.exported_columns
            ]
        )

    def row(self, connection: Connection, parameters: Parameters) -> Row | None:
        """See `Prepared`."""
        found = _cursor(connection).execute(*self._text(parameters).with_values(parameters)).fetchone()
        return None if found is None else self._decoded(found)

    def rows(self, connection: Connection, parameters: Parameters) -> Sequence[Row]:
        """See `Prepared`."""
        found = _cursor(connection).execute(*self._text(parameters).with_values(parameters)).fetchall()
        return [self._decoded(row) for row in found]

    def each(self, connection: Connection, parameters: Parameters) -> Iterator[Row]:
        """See `Prepared`."""
        return map(self._decoded, _cursor(connection).execute(*self._text(parameters).with_values(parameters)))

    def run(self, connection: Connection, parameters: Sequence[Parameters]) -> None:
        """See `Prepared`; psycopg sends all of them at once."""
        self._ready(parameters)(connection)

    def ready(self, columns: Columns) -> Callable[[Connection], int]:
        """See `Prepared`."""
        return self._ready(_as_rows(columns))

    def _ready(self, parameters: Sequence[Parameters]) -> Callable[[Connection], int]:
        text = self._text(parameters[0])
        several = len(parameters) > 1
        ready = text.with_each(parameters) if several else text.with_values(parameters[0])

        def run(connection: Connection) -> int:
            cursor = _cursor(connection)
            (cursor.executemany if several else cursor.execute)(*ready)
            changed: int = cursor.rowcount
            return changed

        return run

    def _decoded(self, row: Row) -> Row:
        return _decoded(row, self._decoders)

    def _text(self, parameters: Parameters) -> NamedText:
        names = tuple(parameters)
        if names not in self._texts:
            columns = [name for name in names if not name.startswith("_")]
            self._texts[names] = NamedText(self._statement, self._dialect, columns)
        return self._texts[names]


def _cursor(connection: Connection) -> Any:
    driver: Any = connection.connection.driver_connection
    return driver.cursor()


class BySqlAlchemy:
    """Run by SQLAlchemy."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement

    def row(self, connection: Connection, parameters: Parameters) -> Row | None:
        """See `Prepared`."""
        return connection.execute(self._statement, parameters).one_or_none()

    def rows(self, connection: Connection, parameters: Parameters) -> Sequence[Row]:
        """See `Prepared`."""
        return connection.execute(self._statement, parameters).all()

    def each(self, connection: Connection, parameters: Parameters) -> Iterator[Row]:
        """See `Prepared`."""
        return iter(connection.execute(self._statement, parameters))

    def run(self, connection: Connection, parameters: Sequence[Parameters]) -> None:
        """See `Prepared`."""
        connection.execute(self._statement, parameters)

    def ready(self, columns: Columns) -> Callable[[Connection], int]:
        """See `Prepared`; SQLAlchemy does all of it with the connection."""
        rows = _as_rows(columns)
        return lambda connection: connection.execute(self._statement, rows).rowcount


def _encoder(kind: sa.types.TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _decoder(kind: sa.types.TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _needed(decoders: Iterable[_Convert | None]) -> Sequence[_Decoder]:
    """The places of a row that are not used as the driver gives them."""
    return [(place, decode) for place, decode in enumerate(decoders) if decode is not None]


def _decoded(row: Row, decoders: Sequence[_Decoder]) -> Row:
    """The values of a row; NULL is None, whatever the type."""
    values = list(row)
    for place, decode in decoders:
        if values[place] is not None:
            values[place] = decode(values[place])
    return values

"""The lines of requests to endpoints that Jira limits, which all processes share. See `LimitStore`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam

from jira_session_export._jira.pacing import PlacesInLine
from jira_session_export._jira.ratelimit import Change
from jira_session_export._storage.sqlalchemy.statements import Statements, table_of
from jira_session_export._storage.sqlalchemy.tables import SiteLimitRow

LIMITS = table_of(SiteLimitRow)
_LINE = ("not_before", "last_place", "rate", "rated_at", "corrected", "reason")


class SiteLimitTable:
    """Reads and writes the table."""

    def __init__(self, statements: Statements, *, dialect_name: str) -> None:
        # Machines' clocks differ, and a place in line is a matter of milliseconds: a server that they share tells the
        # time. A file is one machine's.
        self._now = sa.extract("epoch", sa.func.clock_timestamp()) if dialect_name == "postgresql" else None
        clock = () if self._now is None else (sa.cast(self._now, sa.Double).label("now"),)
        columns = [LIMITS.c[name] for name in _LINE]
        of_site = LIMITS.c.site == bindparam("_site")
        self._all = sa.select(LIMITS.c.endpoint, *columns, *clock).where(of_site)
        this = sa.and_(of_site, LIMITS.c.endpoint == bindparam("_endpoint"))
        # The clock is read again once the row is ours: whoever waits for it is served later than it asked.
        self._one = sa.select(*columns).where(this).with_for_update()
        self._clock = None if self._now is None else sa.select(sa.cast(self._now, sa.Double))
        self._insert = statements.insert(LIMITS).on_conflict_do_nothing(index_elements=["site", "endpoint"])
        self._update = LIMITS.update().where(this)

    def lines(self, connection: Connection, *, site: str, now: datetime) -> tuple[float, Mapping[str, PlacesInLine]]:
        """See `LimitStore.site_lines`."""
        rows = connection.execute(self._all, {"_site": site}).all()
        moment = float(rows[0].now) if rows and self._now is not None else now.timestamp()
        return moment, {row.endpoint: _line(row) for row in rows}

    def change(
        self, connection: Connection, *, site: str, endpoint: str, change: Change, now: datetime
    ) -> tuple[float, PlacesInLine]:
        """See `LimitStore.change_site_line`."""
        key = {"_site": site, "_endpoint": endpoint}
        row = connection.execute(self._one, key).one_or_none()
        if row is None:
            blank = dict.fromkeys(_LINE[:4], 0.0) | {"corrected": False, "reason": None}
            connection.execute(self._insert, {"site": site, "endpoint": endpoint, **blank})
            row = connection.execute(self._one, key).one()
        moment = now.timestamp() if self._clock is None else float(connection.execute(self._clock).scalar_one())
        before = _line(row)
        after = change(before if before.rated_at else None, moment)
        if after != before:
            connection.execute(self._update, {**key, **{name: getattr(after, name) for name in _LINE}})
        return moment, after


def _line(row: sa.Row[Any]) -> PlacesInLine:
    return PlacesInLine(**{name: getattr(row, name) for name in _LINE})

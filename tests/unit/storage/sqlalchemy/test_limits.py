from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

import anyio
import pytest

from jira_session_export._jira.pacing import PlacesInLine, paused, placed, refused
from jira_session_export._jira.ratelimit import LimitStore
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

SITE = "https://jira.example"
CREATE = "POST /rest/api/3/issue"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> SqlAlchemyStore:
    found: SqlAlchemyStore = request.getfixturevalue(f"{request.param}_store")
    return found


def in_line(line: PlacesInLine | None, now: float) -> PlacesInLine:
    assert line is not None
    return placed(line, now)


async def test_a_line_is_read_as_it_was_written(store: SqlAlchemyStore) -> None:
    assert isinstance(store, LimitStore)
    assert (await store.site_lines(SITE, now=NOW))[1] == {}
    change = partial(refused, wait=2.5, got_through=4, reason="jira-burst-based")
    moment, line = await store.change_site_line(SITE, CREATE, change, now=NOW)
    assert (line.not_before, line.rate, line.reason) == (pytest.approx(moment + 2.5), 4, "jira-burst-based")
    await store.change_site_line("https://other.example", CREATE, partial(paused, wait=9), now=NOW)
    later, lines = await store.site_lines(SITE, now=NOW)
    assert lines == {CREATE: line}
    assert moment <= later <= moment + 60


async def test_no_two_get_the_same_place(store: SqlAlchemyStore) -> None:
    await store.change_site_line(SITE, CREATE, partial(refused, wait=1, got_through=10), now=NOW)
    places: list[float] = []

    async def take() -> None:
        _, line = await store.change_site_line(SITE, CREATE, in_line, now=NOW)
        places.append(line.last_place)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(take)
    places.sort()
    assert all(after - before > 0.09 for before, after in pairwise(places))


@pytest.mark.postgres
async def test_machines_go_by_the_clock_of_the_server(postgres_store: SqlAlchemyStore) -> None:
    moment, _ = await postgres_store.change_site_line(SITE, CREATE, partial(paused, wait=1), now=NOW)
    assert abs(moment - datetime.now(UTC).timestamp()) < 60

"""Rows of a host that are no tickets: at the start, in a plan, and in the middle of a run."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.content import read_session, read_ticket, read_tickets
from jira_session_export._invalid import checked_ticket
from jira_session_export._journal import SessionStatus
from jira_session_export._models import Session, Ticket, TicketLink
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export.api import AdfTestRequest
from jira_session_export.errors import InputError, StoreUnavailableError, TicketError

TWO = UUID(int=2)


class HostStore:
    """A host's store: what it keeps, with tickets made as the host makes them.

    Args:
        rows: ticket id → values that the host has in its row instead of those that were put.
    """

    def __init__(self, inner: Any, rows: dict[UUID, dict[str, Any]], *, made_by: str = "model") -> None:
        self._inner = inner
        self.rows = rows
        self.made_by = made_by

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _made(self, known: Ticket) -> Any:
        if known.id not in self.rows:
            return known
        values = {**dict(known), **self.rows[known.id]}
        match self.made_by:
            case "model":
                return Ticket(**values)
            case "copy":
                return known.model_copy(update=self.rows[known.id])
            case "construct":
                return Ticket.model_construct(**values)
            case _:
                return values

    async def session(self, session_id: UUID) -> Session:
        found = await self._inner.session(session_id)
        made = tuple(self._made(each) for each in found.tickets)
        if self.made_by == "model":
            return Session(**{**dict(found), "tickets": made})
        return found.model_copy(update={"tickets": made})

    async def ticket(self, session_id: UUID, ticket_id: UUID) -> Ticket:
        made: Ticket = self._made(await self._inner.ticket(session_id, ticket_id))
        return made


BAD: list[tuple[dict[str, Any], str]] = [
    ({"title": "   "}, "title"),
    ({"title": None}, "title"),
    ({"title": 7}, "title"),
    ({"order": 0}, "order"),
    ({"order": 2**31}, "order"),
    ({"order": "first"}, "order"),
    ({"labels": "one"}, "labels"),
    ({"labels": ("ok", "")}, "labels[2]"),
    ({"due_date": "tomorrow"}, "due_date"),
    ({"story_points": -1}, "story_points"),
    ({"story_points": float("nan")}, "story_points"),
    ({"depends_on": ("DEMO-1",)}, "depends_on[1]"),
    ({"links": ({"type": "", "to": "DEMO-1"},)}, "links[1].type"),
    ({"custom_fields": []}, "custom_fields"),
    ({"description_html": "<p>a</p>", "description_markdown": "b"}, ""),
    ({"description_html": b"bytes \xff"}, "description_html"),
]


@pytest.mark.parametrize(
    ("row", "field", "made_by"),
    [
        *((row, field, "model") for row, field in BAD),
        *((row, field, made_by) for row, field in BAD[2:8:3] for made_by in ("copy", "construct")),
    ],
)
async def test_a_bad_row_is_named_before_anything_is_sent(
    world: World, row: dict[str, Any], field: str, made_by: str
) -> None:
    await world.store.put(session(ticket(1), ticket(2), ticket(3)))
    world.store = HostStore(world.store, {TWO: row}, made_by=made_by)
    service = world.service()
    for asked in (
        service.start(SESSION),
        service.plan(SESSION),
        service.test_conversion(SESSION, AdfTestRequest(ticket_ids=[])),
    ):
        with pytest.raises(TicketError) as caught:
            await asked
        assert (caught.value.ticket_id, caught.value.field) == (TWO, field)
        assert "leave it out" in caught.value.recovery_actions[0]
    assert (await world.state()).token == 0
    assert not world.jira.requests


async def test_the_message_says_which_ticket_and_quotes_no_text(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    world.store = HostStore(world.store, {TWO: {"due_date": "secret"}}, made_by="copy")
    with pytest.raises(TicketError) as caught:
        await world.service().start(SESSION)
    assert str(caught.value).startswith("Ticket 2 (Ticket 2): due_date: ")
    assert "secret" not in str(caught.value)


async def test_what_is_no_ticket_at_all(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    world.store = HostStore(world.store, {TWO: {}}, made_by="dictionary")
    with pytest.raises(TicketError, match="no Ticket, but a dict"):
        await world.service().start(SESSION)


async def test_a_bad_row_can_be_left_out(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2), ticket(3, depends_on=[TWO], parent=TWO)))
    world.store = HostStore(world.store, {TWO: {"title": " "}})
    await world.service().start(SESSION, skip=[TWO])
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.exported, state.left_out) == (SessionStatus.COMPLETED, 2, 1)
    results = await world.service().results(SESSION)
    assert [(left.order, left.waiting) for left in results.left_out] == [(2, ["DEMO-2"])]
    world.store.rows.clear()
    await world.service().start(SESSION)
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.exported, state.links_created) == (SessionStatus.COMPLETED, 3, 1)


@pytest.mark.parametrize("made_by", ["model", "copy"])
@pytest.mark.parametrize(("row", "field"), [BAD[0], BAD[3]])
async def test_a_row_that_turns_bad_in_the_middle_of_a_run(
    world: World, row: dict[str, Any], field: str, made_by: str
) -> None:
    await world.store.put(session(ticket(1), ticket(2), ticket(3)))
    host = world.store = HostStore(world.store, {}, made_by=made_by)
    await world.service().start(SESSION)

    def turns_bad(event: Any) -> None:
        if getattr(event, "order", 0) == 1:
            host.rows[TWO] = row

    state = await world.exporter(sink=turns_bad).execute(SESSION)
    assert (state.status, state.exported, state.failed_at_ticket_order) == (SessionStatus.EXPORT_FAILED, 1, 2)
    assert state.failure is not None
    assert (state.failure.code, state.failure.category) == ("invalid_ticket", "user_fixable")
    assert state.failure.message.startswith("Ticket 2 (Ticket 2): ")
    assert field in state.failure.message
    assert state.failure.message.count("Ticket 2 (") == 1
    host.rows.clear()
    assert (await world.retry()).status == SessionStatus.COMPLETED
    assert len(world.jira.issues) == 3


async def test_a_row_that_turns_bad_between_the_start_and_the_run(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    host = world.store = HostStore(world.store, {})
    await world.service().start(SESSION)
    host.rows[TWO] = {"title": ""}
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.failed_at_ticket_order) == (SessionStatus.EXPORT_FAILED, 2)
    assert [each.status.value for each in await world.states()] == ["pending", "failed"]
    await world.service().retry(SESSION, skip=[TWO])
    assert (await world.exporter().execute(SESSION)).status == SessionStatus.COMPLETED


async def test_an_exported_row_that_turns_bad_holds_nothing_up(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2), ticket(3)))
    host = world.store = HostStore(world.store, {})
    await world.service().start(SESSION, skip=[UUID(int=3)])
    await world.exporter().execute(SESSION)
    host.rows[TWO] = {"title": ""}
    results = await world.service().results(SESSION)
    assert [(each.title, each.change) for each in results.jira_tickets] == [
        ("Ticket 1", "none"),
        ("Ticket 2", "edited"),
    ]
    with pytest.raises(TicketError):
        await world.service().start(SESSION)
    await world.service().start(SESSION, skip=[TWO])
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.exported) == (SessionStatus.COMPLETED, 3)


async def test_a_session_that_is_none(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    known = await world.store.session(SESSION)

    class Broken(HostStore):
        async def session(self, session_id: UUID) -> Session:
            return known.model_copy(update={"project_key": "no key"})

    world.store = Broken(world.store, {})
    with pytest.raises(InputError, match="project_key"):
        await world.service().start(SESSION)


async def test_two_tickets_with_one_place_are_named(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    world.store = HostStore(world.store, {TWO: {"order": 1}}, made_by="copy")
    with pytest.raises(TicketError, match="same order 1") as caught:
        await world.service().start(SESSION)
    assert (caught.value.ticket_id, caught.value.field) == (TWO, "order")


async def test_a_ticket_that_the_store_does_not_know(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    known = await world.store.session(SESSION)

    class Inventing(HostStore):
        async def session(self, session_id: UUID) -> Session:
            return known.model_copy(update={"tickets": (*known.tickets, ticket(3))})

    world.store = Inventing(world.store, {})
    await world.service().start(SESSION)
    state = await world.exporter().execute(SESSION)
    assert state.status == SessionStatus.EXPORT_FAILED
    assert state.failure is not None
    assert state.failure.message == "Ticket 3 (Ticket 3): the store has no such ticket."


async def test_a_link_made_past_the_model(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    link = TicketLink.model_construct(type=None, to="DEMO-1")
    world.store = HostStore(world.store, {TWO: {"links": (link,)}}, made_by="copy")
    with pytest.raises(TicketError) as caught:
        await world.service().start(SESSION)
    assert (caught.value.ticket_id, caught.value.field) == (TWO, "links[1].type")


async def test_an_absent_database_is_no_fault_of_a_row(world: World) -> None:
    await world.store.put(session(ticket(1)))

    class Away(HostStore):
        async def session(self, session_id: UUID) -> Session:
            raise StoreUnavailableError("The database is away.")

    world.store = Away(world.store, {})
    with pytest.raises(StoreUnavailableError):
        await world.service().start(SESSION)


def test_a_checked_ticket_has_the_fields_set_that_were_given() -> None:
    given = Ticket(id=TWO, order=2, title="Two", labels=("a",), custom_fields={"Team": "x"})
    for each in (given, given.model_copy(update={"title": "Other", "priority": "High"})):
        checked = checked_ticket(each, TWO)
        assert checked == each
        assert checked.model_fields_set == each.model_fields_set
    with pytest.raises(TicketError):
        checked_ticket(given.model_copy(update={"title": ""}), TWO)
    with pytest.raises(TicketError):
        checked_ticket(Ticket.model_construct(id=TWO, order=2), TWO)


class Many(HostStore):
    """A store that gives several tickets at once, all of them checked or not."""

    asked = 0

    async def tickets(self, session_id: UUID, ticket_ids: Sequence[UUID]) -> Sequence[Ticket]:
        self.asked += 1
        return [await self.ticket(session_id, ticket_id) for ticket_id in ticket_ids]


class Checked(Many):
    """One that says that it has checked them."""

    @property
    def gives_checked_tickets(self) -> bool:
        return True


class Inheriting(Checked):
    """Whose class does not say so itself."""


async def put_three() -> tuple[Any, list[UUID]]:
    store = InMemoryStore()
    content = session(ticket(1), ticket(2), ticket(3))
    await store.put(content)
    return store, [each.id for each in content.tickets]


@pytest.mark.parametrize("kind", [Many, Inheriting])
async def test_of_a_bulk_those_before_a_bad_row_are_read(kind: type[Many]) -> None:
    inner, ids = await put_three()
    store = kind(inner, {TWO: {"title": "  "}}, made_by="construct")
    tickets, problem = await read_tickets(store, SESSION, ids)
    assert [each.order for each in tickets] == [1]
    assert isinstance(problem, TicketError)
    assert problem.ticket_id == TWO
    assert store.asked == 1


async def test_what_a_store_has_checked_is_not_checked_again() -> None:
    inner, ids = await put_three()
    store = Checked(inner, {TWO: {"title": "  "}}, made_by="construct")
    tickets, problem = await read_tickets(store, SESSION, ids)
    assert ([each.title for each in tickets], problem) == (["Ticket 1", "  ", "Ticket 3"], None)
    assert (await read_ticket(store, SESSION, TWO)).title == "  "
    assert [each.title for each in (await read_session(store, SESSION)).tickets] == ["Ticket 1", "  ", "Ticket 3"]

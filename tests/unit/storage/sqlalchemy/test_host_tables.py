"""The store on tables of a host's own: other names, keys as text, content in columns and relationships."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, ForeignKey, String, create_engine, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, synonym
from sqlalchemy.orm import Session as OrmSession

from jira_session_export._models import Session, Ticket
from jira_session_export._storage.protocols import SessionStore
from jira_session_export._testing.conformance import new_session
from jira_session_export.errors import InputError, SettingsError, TicketError
from jira_session_export.storage.sqlalchemy import ExportSessionMixin, ExportTicketMixin, SqlAlchemyStore
from jira_session_export.testing import StoreConformance


class Base(DeclarativeBase):
    pass


class Review(ExportSessionMixin, Base):
    """Keys as text, a status column of its own, no owner."""

    __tablename__ = "reviews"

    key: Mapped[str] = mapped_column(String(36), primary_key=True)
    jira_project: Mapped[str]
    status: Mapped[str] = mapped_column(default="in review")
    id = synonym("key")
    project_key = synonym("jira_project")


class Item(ExportTicketMixin, Base):
    __tablename__ = "review_items"

    key: Mapped[str] = mapped_column("item_key", String(36), primary_key=True)
    review_key: Mapped[str] = mapped_column(ForeignKey("reviews.key"))
    position: Mapped[int] = mapped_column("pos")
    headline: Mapped[str]
    body: Mapped[str | None]
    after_key: Mapped[str | None] = mapped_column(ForeignKey("review_items.item_key"))
    after: Mapped["Item | None"] = relationship(remote_side=key)
    id = synonym("key")
    session_id = synonym("review_key")
    order = synonym("position")
    title = synonym("headline")


class NativeBase(DeclarativeBase):
    pass


class NativeReview(ExportSessionMixin, NativeBase):
    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_key: Mapped[str]
    owner: Mapped[str | None]


class NativeItem(ExportTicketMixin, NativeBase):
    __tablename__ = "tickets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    order: Mapped[int]
    title: Mapped[str]
    body: Mapped[str | None]


def to_ticket(row: Item) -> Ticket:
    return Ticket(
        id=UUID(row.key),
        order=row.position,
        title=row.headline,
        description_html=row.body,
        depends_on=(UUID(row.after.key),) if row.after else (),  # loaded when it is asked for
    )


def native_to_ticket(row: NativeItem) -> Ticket:
    return Ticket(id=row.id, order=row.order, title=row.title, description_html=row.body)


class TestTextKeys(StoreConformance):
    """The conformance suite, with sessions stored through the host's own models."""

    tells_of_changes = False

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def host(self, tmp_path: Path) -> Iterator[Engine]:
        engine = create_engine(f"sqlite:///{tmp_path}/host.db")
        Base.metadata.create_all(engine)
        yield engine
        engine.dispose()

    @pytest.fixture
    async def store(self, host: Engine) -> AsyncIterator[SqlAlchemyStore]:
        async with SqlAlchemyStore(host, session_model=Review, ticket_model=Item, to_ticket=to_ticket) as store:
            await store.migrate()
            self.engine = host
            yield store

    async def put(self, store: Any, session: Session) -> None:
        with OrmSession(self.engine) as orm, orm.begin():
            orm.add(Review(key=str(session.id), jira_project=session.project_key))
            orm.add_all(
                Item(
                    key=str(ticket.id),
                    review_key=str(session.id),
                    position=ticket.order,
                    headline=ticket.title,
                    body=ticket.description_html,
                    after_key=str(ticket.depends_on[0]) if ticket.depends_on else None,
                )
                for ticket in session.tickets
            )

    async def test_relationships_and_the_hosts_own_status_are_read(self, store: SessionStore) -> None:
        first = Ticket(id=uuid4(), order=1, title="First")
        second = Ticket(id=uuid4(), order=2, title="Second", depends_on=(first.id,))
        session = Session(id=uuid4(), project_key="DEMO", tickets=(first, second))
        await self.put(store, session)
        assert await store.session(session.id) == session
        assert await store.ticket(session.id, second.id) == second
        assert (await store.state(session.id)).status == "in review"

    @pytest.mark.parametrize(
        ("values", "field"),
        [({"headline": " "}, "title"), ({"position": 0}, "order"), ({"after_key": "no key"}, "")],
    )
    async def test_a_row_that_is_no_ticket_is_named(
        self, store: SessionStore, values: dict[str, Any], field: str
    ) -> None:
        session = new_session(tickets=2)
        await self.put(store, session)
        bad = session.tickets[1].id
        with OrmSession(self.engine) as orm, orm.begin():
            orm.execute(sa.update(Item).where(Item.key == str(bad)).values(**values))
            if "after_key" in values:  # the host's own function stumbles
                orm.add(Item(key="no key", review_key=str(uuid4()), position=9, headline="Another"))
        for reading in (store.session(session.id), store.ticket(session.id, bad)):
            with pytest.raises(TicketError) as caught:
                await reading
            assert (caught.value.ticket_id, caught.value.field) == (bad, field)
        assert await store.ticket(session.id, session.tickets[0].id) == session.tickets[0]

    @pytest.mark.parametrize("values", [{"headline": " "}, {"position": 0}, {"after_key": "no key"}])
    async def test_a_row_that_is_no_ticket_costs_the_list_only_its_issue_type(
        self, store: SqlAlchemyStore, values: dict[str, Any]
    ) -> None:
        session = new_session(tickets=3)
        await self.put(store, session)
        bad = session.tickets[1].id
        with OrmSession(self.engine) as orm, orm.begin():
            orm.execute(sa.update(Item).where(Item.key == str(bad)).values(**values))
            orm.add(Item(key="no key", review_key=str(uuid4()), position=9, headline="Another"))
        page = await store.ticket_page(session.id)
        assert {each.state.ticket_id for each in page.tickets} == {ticket.id for ticket in session.tickets}
        assert page.total == 3

    async def test_a_key_that_is_no_uuid_is_named(self, store: SessionStore) -> None:
        session = new_session(tickets=1)
        await self.put(store, session)
        with OrmSession(self.engine) as orm, orm.begin():
            orm.execute(sa.update(Item).where(Item.review_key == str(session.id)).values(key="seven"))
        with pytest.raises(InputError, match="'seven', which is no UUID"):
            await store.ticket_states(session.id)

    async def test_an_async_engine_loads_relationships_too(self, store: SessionStore, host: Engine) -> None:
        first = Ticket(id=uuid4(), order=1, title="First")
        second = Ticket(id=uuid4(), order=2, title="Second", depends_on=(first.id,))
        session = Session(id=uuid4(), project_key="DEMO", tickets=(first, second))
        await self.put(store, session)
        engine = create_async_engine(host.url.set(drivername="sqlite+aiosqlite"))
        async with SqlAlchemyStore(engine, session_model=Review, ticket_model=Item, to_ticket=to_ticket) as other:
            assert await other.session(session.id) == session
            assert await other.ticket(session.id, second.id) == second
        await engine.dispose()

    async def test_tickets_count_before_the_first_run_though_nobody_told_us_of_them(self, store: Any) -> None:
        session = Session(id=uuid4(), project_key="DEMO", tickets=(Ticket(id=uuid4(), order=1, title="First"),))
        await self.put(store, session)
        assert (await store.state(session.id)).total == 1
        listed = {state.session_id: state for state in await store.sessions()}
        assert listed[session.id] == await store.state(session.id)
        assert await store.sessions("ada") == []  # without an owner column nobody owns anything

    async def test_filling_the_tables_is_the_hosts(self, store: SqlAlchemyStore) -> None:
        with pytest.raises(SettingsError, match="own models"):
            await store.put(Session(id=uuid4(), project_key="DEMO", tickets=()))


@pytest.fixture(scope="module")
def native_postgres(postgres_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    with postgres_database() as address:
        yield address


@pytest.mark.postgres
class TestNativeKeysOnPostgres(StoreConformance):
    tells_of_changes = True

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    async def store(self, native_postgres: str) -> AsyncIterator[SqlAlchemyStore]:
        self.engine = create_engine(make_url(native_postgres).set(drivername="postgresql+psycopg"))
        NativeBase.metadata.create_all(self.engine)
        async with SqlAlchemyStore(
            native_postgres, session_model=NativeReview, ticket_model=NativeItem, to_ticket=native_to_ticket
        ) as store:
            await store.migrate()
            yield store
        self.engine.dispose()

    async def put(self, store: Any, session: Session) -> None:
        with OrmSession(self.engine) as orm, orm.begin():
            orm.add(NativeReview(id=session.id, project_key=session.project_key, owner="ada"))
            orm.flush()
            orm.add_all(
                NativeItem(
                    id=ticket.id,
                    session_id=session.id,
                    order=ticket.order,
                    title=ticket.title,
                    body=ticket.description_html,
                )
                for ticket in session.tickets
            )

    async def test_a_host_may_make_the_session_itself(self, store: SqlAlchemyStore, native_postgres: str) -> None:
        session = new_session(2)
        await self.put(store, session)

        def to_session(row: NativeReview, tickets: Sequence[Ticket]) -> Session:
            return Session(id=row.id, project_key=row.project_key, name=f"Of {row.owner}", tickets=tuple(tickets))

        async with SqlAlchemyStore(
            native_postgres,
            session_model=NativeReview,
            ticket_model=NativeItem,
            to_ticket=native_to_ticket,
            to_session=to_session,
        ) as other:
            assert await other.session(session.id) == session.model_copy(update={"name": "Of ada"})

    async def test_the_owner_is_read(self, store: SqlAlchemyStore) -> None:
        session = Session(id=uuid4(), project_key="DEMO", tickets=())
        await self.put(store, session)
        assert session.id in [state.session_id for state in await store.sessions("ada")]
        assert (await store.session(session.id)).owner == "ada"


# -- wrong use ---------------------------------------------------------------------------------------------------------


def test_models_without_what_the_store_needs_are_refused() -> None:
    class Other(DeclarativeBase):
        pass

    class Bare(Other):
        __tablename__ = "bare"
        id: Mapped[UUID] = mapped_column(primary_key=True)

    class Half(ExportTicketMixin, Other):
        __tablename__ = "half"
        id: Mapped[UUID] = mapped_column(primary_key=True)
        session_id: Mapped[UUID]
        title: Mapped[str]

    def open_with(session_model: Any, ticket_model: Any) -> SqlAlchemyStore:
        return SqlAlchemyStore(
            "sqlite://", session_model=session_model, ticket_model=ticket_model, to_ticket=native_to_ticket
        )

    with pytest.raises(SettingsError, match=r"Half has no attribute 'order'"):
        open_with(NativeReview, Half)
    with pytest.raises(SettingsError, match=r"Bare has no attribute 'current_stage'"):
        open_with(Bare, NativeItem)


def test_models_and_to_ticket_go_together() -> None:
    with pytest.raises(SettingsError, match="together"):
        SqlAlchemyStore("sqlite://", session_model=NativeReview, ticket_model=NativeItem)
    with pytest.raises(SettingsError, match="together"):
        SqlAlchemyStore("sqlite://", to_ticket=native_to_ticket)

"""What a run reads at its start, and keeps."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.unit.export.conftest import ticket

from jira_session_export._export.work import content_of, outline, read_in_order
from jira_session_export._journal import SessionState, TicketState, TicketStatus
from jira_session_export._models import Attachment, Session, Ticket, TicketLink
from jira_session_export._values import CreatedIssue
from jira_session_export.errors import TicketError

SESSION = UUID(int=99)
FULL = Ticket(
    id=UUID(int=1),
    order=1,
    title="One",
    description_html="<p>Text</p>",
    labels=("a", "b"),
    links=(TicketLink(type="Relates", to="DEMO-1"),),
    attachments=(Attachment(path=Path("a.txt")),),
    custom_fields={"Team": ["x", {"deep": [1, 2.5]}]},
)
EDITS: list[dict[str, Any]] = [
    {"title": "Two"},
    {"description_html": "<p>Text </p>"},
    {"labels": ("b", "a")},
    {"links": ()},
    {"attachments": (Attachment(path=Path("b.txt")),)},
    {"assignee": "me@example.com"},
    {"custom_fields": {"Team": ["x", {"deep": [1, 2.6]}]}},
    {"custom_fields": {}},
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: next(iter(edit)))
def test_every_edit_is_told_from_the_outline(edit: dict[str, Any]) -> None:
    known = outline(FULL)
    assert known.content == content_of(FULL.model_copy(deep=True))
    assert known.content != content_of(FULL.model_copy(update=edit))


def test_an_outline_keeps_what_orders_links_and_files_need() -> None:
    known = outline(FULL)
    assert (known.id, known.order, known.title, known.links) == (FULL.id, 1, "One", FULL.links)
    assert known.length == len("<p>Text</p>")
    assert known.may_have_files
    plain = ticket(2, description_markdown="see ![this](a.png)")
    assert outline(plain).may_have_files
    assert not outline(ticket(3, description_markdown="text")).may_have_files


class Source:
    """A store that gives tickets its states do not all know."""

    def __init__(self, *tickets: Ticket) -> None:
        self.content = Session(id=SESSION, project_key="DEMO", tickets=tickets)

    async def ticket(self, session_id: UUID, ticket_id: UUID) -> Ticket:
        raise NotImplementedError

    async def state(self, session_id: UUID) -> SessionState:
        raise NotImplementedError

    async def ticket_states(self, session_id: UUID) -> Sequence[TicketState]:
        raise NotImplementedError

    async def session(self, session_id: UUID) -> Session:
        return self.content


def state_of(each: Ticket, *, exported: bool = False) -> TicketState:
    if not exported:
        return TicketState(each.id, each.order, each.title)
    issue = CreatedIssue("1", "DEMO-1", "https://a")
    return TicketState(each.id, each.order, each.title, TicketStatus.EXPORTED, issue)


async def test_tickets_come_after_those_they_need() -> None:
    first, second = ticket(1, depends_on=(UUID(int=2),)), ticket(2)
    states = {each.id: state_of(each) for each in (first, second)}
    assert [each.order for each in await read_in_order(Source(first, second), SESSION, states)] == [2, 1]


async def test_one_that_needs_a_ticket_with_an_issue_may_lack_it() -> None:
    first = ticket(1, depends_on=(UUID(int=2),))
    states = {first.id: state_of(first), UUID(int=2): state_of(ticket(2), exported=True)}
    assert [each.order for each in await read_in_order(Source(first), SESSION, states)] == [1]


async def test_a_ticket_without_a_state_is_named() -> None:
    known, stranger = ticket(1), ticket(2).model_copy(update={"id": uuid4()})
    with pytest.raises(TicketError, match=r"Ticket 2 .* no such ticket") as caught:
        await read_in_order(Source(known, stranger), SESSION, {known.id: state_of(known)})
    assert caught.value.ticket_id == stranger.id

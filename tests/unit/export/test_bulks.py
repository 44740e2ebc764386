from collections import deque
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._export.bulks import LOOK_AHEAD, MOST_CHARACTERS, count_requests, next_bulk
from jira_session_export._export.work import outline
from jira_session_export._journal import TicketState, TicketStatus
from jira_session_export._models import Ticket
from jira_session_export._values import CreatedIssue


def ticket(number: int, parent: int | None = None, text: str = "") -> Ticket:
    key = None if parent is None else UUID(int=parent)
    return Ticket(id=UUID(int=number), order=number, title=f"T{number}", parent=key, description_markdown=text or None)


class Board:
    """Takes bulk after bulk, as a run does."""

    def __init__(self, *tickets: Ticket) -> None:
        self.waiting = deque(map(outline, tickets))
        self.states = {each.id: TicketState(each.id, each.order, each.title) for each in tickets}

    def made(self, *numbers: int) -> None:
        for number in numbers:
            state = self.states[UUID(int=number)]
            self.states[state.ticket_id] = TicketState(
                state.ticket_id,
                state.order,
                state.title,
                TicketStatus.EXPORTED,
                CreatedIssue(str(number), f"DEMO-{number}", "https://a"),
            )

    def take(self, size: int) -> list[int]:
        taken = [each.order for each in next_bulk(self.waiting, self.states, size)]
        self.made(*taken)
        return taken

    def all(self, size: int) -> list[list[int]]:
        bulks = []
        while self.waiting:
            bulks.append(self.take(size))
        return bulks


def test_by_number() -> None:
    assert Board(*map(ticket, range(1, 8))).all(3) == [[1, 2, 3], [4, 5, 6], [7]]
    assert Board(*map(ticket, range(1, 4))).all(1) == [[1], [2], [3]]


def test_a_child_comes_in_a_later_request_than_its_parent_and_everything_else_keeps_its_order() -> None:
    board = Board(ticket(1), ticket(2, 1), ticket(3), ticket(4, 2), ticket(5, 1), ticket(6))
    assert board.all(3) == [[1, 3, 6], [2, 5], [4]]


def test_a_parent_that_is_left_out_or_of_another_session_holds_nobody_up() -> None:
    board = Board(ticket(1), ticket(2, 1), ticket(3, 99))
    board.waiting.popleft()
    board.states[UUID(int=1)] = TicketState(UUID(int=1), 1, "T1", TicketStatus.SKIPPED)
    assert board.all(5) == [[2, 3]]
    behind = Board(ticket(1), ticket(2), ticket(3, 1))
    behind.waiting.popleft()
    behind.states[UUID(int=1)] = TicketState(UUID(int=1), 1, "T1", TicketStatus.SKIPPED)
    assert behind.all(5) == [[2, 3]]


def test_what_exists_already_comes_alone_in_its_turn() -> None:
    board = Board(*map(ticket, range(1, 6)))
    board.made(1, 3)
    assert board.all(50) == [[1], [2, 4, 5], [3]]


def test_by_size() -> None:
    half = "x" * (MOST_CHARACTERS // 2)
    assert Board(*(ticket(number, text=half) for number in range(1, 6))).all(50) == [[1, 2], [3, 4], [5]]
    assert Board(ticket(1, text=4 * half), ticket(2)).all(50) == [[1], [2]]
    longer = ticket(2, text=half + "x")
    assert Board(ticket(1, text=half), longer, ticket(3)).all(50) == [[1], [2, 3]]  # in order: 3 is not taken past 2


def test_a_plan_counts_the_requests_of_long_tickets() -> None:
    half = "x" * (MOST_CHARACTERS // 2)
    for field in ("description_markdown", "description_html"):
        long_ones = [Ticket(id=UUID(int=n), order=n, title=f"T{n}", **{field: half}) for n in range(1, 6)]
        assert count_requests(long_ones, Board(*long_ones).states, 50) == 3


def test_free_tickets_are_looked_for_so_far_and_no_farther() -> None:
    for children, first in ((LOOK_AHEAD * 3 - 1, [1, 100]), (LOOK_AHEAD * 3, [1])):
        board = Board(ticket(1), *(ticket(n, 1) for n in range(2, 2 + children)), ticket(100))
        assert board.take(3) == first


def test_thousands_of_children_are_not_looked_through_again_and_again() -> None:
    board = Board(ticket(1), *(ticket(number, 1) for number in range(2, 1_002)))
    next_bulk(board.waiting, board.states, 10)
    assert len(board.waiting) == 1_000
    assert [each.order for each in board.waiting] == list(range(2, 1_002))
    assert LOOK_AHEAD * 10 < 1_000


@given(st.lists(st.integers(0, 30), max_size=30), st.integers(1, 50))
def test_every_ticket_is_taken_once_after_its_parent(parents: list[int], size: int) -> None:
    tickets = [ticket(n, parent if 0 < parent < n else None) for n, parent in enumerate(parents, 1)]
    bulks = Board(*tickets).all(size)
    place = {number: at for at, bulk in enumerate(bulks) for number in bulk}
    assert sorted(place) == list(range(1, len(parents) + 1))
    assert all(len(bulk) <= size and bulk == sorted(bulk) for bulk in bulks)
    for each in tickets:
        if isinstance(each.parent, UUID):
            assert place[each.parent.int] < place[each.order]
    free = [each.order for each in tickets if each.parent is None]
    assert sorted(free, key=lambda number: place[number]) == free


@given(st.lists(st.integers(0, 20), max_size=30), st.integers(1, 6))
def test_a_plan_counts_the_requests_of_a_run(parents: list[int], size: int) -> None:
    tickets = [ticket(n, parent if 0 < parent < n else None) for n, parent in enumerate(parents, 1)]
    board = Board(*tickets)
    before = dict(board.states)
    assert count_requests(tickets, board.states, size) == len(board.all(size))
    assert before.keys() == board.states.keys()


def test_a_plan_waits_for_no_parent_that_is_not_planned() -> None:
    children = [ticket(n, parent=1) for n in range(2, 8)]
    states = Board(ticket(1), *children).states
    assert count_requests(children, states, 3) == 2
    assert all(state.issue is None for state in states.values())

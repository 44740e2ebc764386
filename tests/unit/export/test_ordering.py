from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._export.ordering import dependency_order
from jira_session_export._models import Ticket
from jira_session_export.errors import DependencyError


def ticket(number: int, *depends_on: int, parent: int | None = None) -> Ticket:
    return Ticket(
        id=UUID(int=number),
        order=number,
        title=f"Ticket {number}",
        depends_on=tuple(UUID(int=other) for other in depends_on),
        parent=UUID(int=parent) if parent else None,
    )


def orders(tickets: tuple[Ticket, ...]) -> list[int]:
    return [ticket.order for ticket in tickets]


def test_without_dependencies_the_order_counts() -> None:
    assert orders(dependency_order([ticket(3), ticket(1), ticket(2)])) == [1, 2, 3]


def test_the_work_for_a_ticket_does_not_grow_with_their_number() -> None:
    class CountedId(UUID):
        hashed = 0

        def __hash__(self) -> int:
            CountedId.hashed += 1
            return super().__hash__()

    def hashed_per_ticket(tickets: int) -> float:
        session = [
            Ticket(id=CountedId(int=number), order=number, title="x", depends_on=(CountedId(int=max(1, number - 1)),))
            for number in range(1, tickets + 1)
        ]
        session[0] = session[0].model_copy(update={"depends_on": ()})
        CountedId.hashed = 0
        dependency_order(session)
        return CountedId.hashed / tickets

    assert 0 < hashed_per_ticket(400) < 1.1 * hashed_per_ticket(20)  # the first ticket depends on none


def test_what_others_need_comes_first_and_the_rest_stays() -> None:
    tickets = [ticket(1, 4), ticket(2), ticket(3, 1), ticket(4)]
    assert orders(dependency_order(tickets)) == [2, 4, 1, 3]


def test_a_parent_comes_before_its_children() -> None:
    assert orders(dependency_order([ticket(1, parent=2), ticket(2)])) == [2, 1]


def test_a_cycle_names_its_tickets_in_order() -> None:
    tickets = [ticket(1), ticket(2, 4), ticket(3, 2), ticket(4, 3), ticket(5, 2)]
    with pytest.raises(DependencyError) as caught:
        dependency_order(tickets)
    cycle = [ticket_id.int for ticket_id in caught.value.tickets]
    assert sorted(cycle) == [2, 3, 4]
    depends_on = {2: 4, 3: 2, 4: 3}
    assert all(depends_on[first] == second for first, second in zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    assert "Ticket 3" in caught.value.user_message


def test_a_ticket_that_depends_on_itself_is_a_cycle() -> None:
    with pytest.raises(DependencyError, match="cycle"):
        dependency_order([ticket(1, 1)])


def test_an_unknown_dependency_names_the_ticket() -> None:
    with pytest.raises(
        DependencyError, match=r"Ticket 2 \('Ticket 2'\) depends on 0{8}-.*which is not in this session"
    ):
        dependency_order([ticket(1), ticket(2, 9)])


def test_an_unknown_link_target_names_the_ticket() -> None:
    linking = Ticket(id=uuid4(), order=1, title="Links", links=({"type": "Relates", "to": uuid4()},))
    with pytest.raises(DependencyError, match="links to"):
        dependency_order([linking])


@given(st.lists(st.sets(st.integers(1, 30)), max_size=30))
def test_every_ticket_comes_once_and_behind_its_dependencies(needs: list[set[int]]) -> None:
    tickets = [ticket(number, *(other for other in wanted if other < number)) for number, wanted in enumerate(needs, 1)]
    ordered = dependency_order(list(reversed(tickets)))
    assert sorted(orders(ordered)) == sorted(orders(tuple(tickets)))
    seen: set[UUID] = set()
    for each in ordered:
        assert seen.issuperset(each.depends_on)
        seen.add(each.id)

from uuid import UUID

from jira_session_export._export.links import WantedLink, link_fix, wanted_links
from jira_session_export._jira.wire import LinkType
from jira_session_export._journal import Step, TicketState
from jira_session_export._models import Ticket
from jira_session_export._values import CreatedIssue, ManualFixKind, Refusal, StepKind
from jira_session_export.errors import RefusedError

TYPES = (
    LinkType(name="Blocks", inward="is blocked by", outward="blocks"),
    LinkType(name="Relates", inward="relates to", outward="relates to"),
)


def ticket(number: int, *, depends_on: tuple[int, ...] = (), links: tuple[tuple[str, UUID | str], ...] = ()) -> Ticket:
    return Ticket(
        id=UUID(int=number),
        order=number,
        title=f"Ticket {number}",
        depends_on=tuple(UUID(int=other) for other in depends_on),
        links=tuple({"type": name, "to": other} for name, other in links),
    )


def states(*exported: int, steps: dict[int, tuple[Step, ...]] | None = None, total: int = 3) -> dict[UUID, TicketState]:
    return {
        UUID(int=number): TicketState(
            UUID(int=number),
            number,
            f"Ticket {number}",
            issue=CreatedIssue(str(number), f"DEMO-{number}", f"https://jira/browse/DEMO-{number}")
            if number in exported
            else None,
            steps=(steps or {}).get(number, ()),
        )
        for number in range(1, total + 1)
    }


def made(tickets: list[Ticket], known: dict[UUID, TicketState]) -> list[tuple[str | None, str, str]]:
    return [
        (link.type_name, link.inward_key, link.outward_key) for link in wanted_links(tickets, known, TYPES, "Blocks")
    ]


def test_what_is_depended_on_blocks_what_depends() -> None:
    assert made([ticket(1), ticket(2, depends_on=(1,))], states(1, 2)) == [("Blocks", "DEMO-1", "DEMO-2")]


def test_links_point_from_the_ticket_and_phrases_turn_them() -> None:
    links = (("Blocks", UUID(int=2)), ("is blocked by", UUID(int=3)), ("relates to", "OTHER-7"))
    assert made([ticket(1, links=links)], states(1, 2, 3)) == [
        ("Blocks", "DEMO-1", "DEMO-2"),
        ("Blocks", "DEMO-3", "DEMO-1"),
        ("Relates", "DEMO-1", "OTHER-7"),
    ]


def test_links_to_tickets_without_an_issue_wait() -> None:
    assert made([ticket(1, depends_on=(3,)), ticket(2, depends_on=(1,))], states(1)) == []


def test_a_recorded_link_is_not_made_again_and_a_repeated_wish_once() -> None:
    wishes = [ticket(1, links=(("Relates", UUID(int=2)), ("Relates", UUID(int=2))))]
    first, *rest = wanted_links(wishes, states(1, 2), TYPES, "Blocks")
    assert rest == []
    recorded = states(1, 2, steps={1: (Step(StepKind.LINK, first.target),)})
    assert made(wishes, recorded) == []


def test_an_unknown_type_has_no_name_and_leaves_a_fix() -> None:
    (link,) = wanted_links([ticket(1, links=(("Clones", UUID(int=2)),))], states(1, 2), TYPES, "Blocks")
    assert link.type_name is None
    fix = link_fix(link, None)
    assert fix.kind is ManualFixKind.LINK_FAILED
    assert fix.asked_for == "Clones DEMO-2"
    assert "DEMO-1 and DEMO-2" in fix.recommended_action


def test_a_refused_link_says_what_jira_said() -> None:
    link = WantedLink(UUID(int=1), "t", "Blocks", "DEMO-1", "DEMO-2", "Blocks DEMO-2")
    refused = RefusedError("Issue linking is off.", operation="POST /issueLink", refusal=Refusal(404))
    assert link_fix(link, refused).done_instead == "not linked: Issue linking is off."

from typing import Any
from uuid import UUID

import pytest
from tests.unit.export.conftest import World
from tests.unit.export.conftest import ticket as plain_ticket

from jira_session_export._export.links import TO_ITSELF, WantedLink, link_fix, make_link, wanted_links
from jira_session_export._jira.wire import LinkType, Project
from jira_session_export._journal import Step, TicketState
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Ticket
from jira_session_export._values import CreatedIssue, ManualFixKind, Refusal, StepKind
from jira_session_export.errors import RefusedError
from jira_session_export.testing import Fault, faults

TYPES = (
    LinkType(id="1", name="Blocks", inward="is blocked by", outward="blocks"),
    LinkType(id="2", name="Relates", inward="relates to", outward="relates to"),
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


def project(*types: LinkType, linking_off: bool = False) -> ProjectMetadata:
    return ProjectMetadata(Project(id="1", key="DEMO"), (), {}, link_types=types or TYPES, linking_off=linking_off)


def made(tickets: list[Ticket], known: dict[UUID, TicketState], *types: LinkType) -> list[tuple[str | None, str, str]]:
    links = wanted_links(tickets, known, project(*types), "Blocks")
    return [(link.type_name, link.inward_key, link.outward_key) for link in links]


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
    first, *rest = wanted_links(wishes, states(1, 2), project(), "Blocks")
    assert rest == []
    recorded = states(1, 2, steps={1: (Step(StepKind.LINK, first.target),)})
    assert made(wishes, recorded) == []


def only(tickets: list[Ticket], known: ProjectMetadata) -> WantedLink:
    (link,) = wanted_links(tickets, states(1, 2), known, "Blocks")
    return link


def test_an_unknown_type_is_said_with_those_there_are() -> None:
    link = only([ticket(1, links=(("Clones", UUID(int=2)),))], project())
    assert link.type_name is None
    fix = link_fix(link.sentence, link.why_not)
    assert fix.kind is ManualFixKind.LINK_FAILED
    assert fix.asked_for == "DEMO-1 Clones DEMO-2"
    assert fix.done_instead == "not linked: Jira has no such issue link type; it has: Blocks, Relates"
    assert fix.recommended_action == "Make the link by hand: DEMO-1 Clones DEMO-2."


def test_a_fix_names_type_and_direction() -> None:
    """What is depended on blocks what depends, whichever of the two asked."""
    refused = RefusedError("No such issue.", operation="POST /issueLink", refusal=Refusal(404))
    depends = only([ticket(1), ticket(2, depends_on=(1,))], project())
    assert depends.sentence == "DEMO-1 blocks DEMO-2"
    assert link_fix(depends.sentence, refused).done_instead == "not linked: No such issue."
    phrase = only([ticket(1, links=(("is blocked by", UUID(int=2)),))], project())
    assert link_fix(phrase.sentence, refused).recommended_action == "Make the link by hand: DEMO-2 blocks DEMO-1."


def test_linking_switched_off_is_said_so() -> None:
    link = only([ticket(1), ticket(2, depends_on=(1,))], project(linking_off=True))
    fix = link_fix(link.sentence, link.why_not)
    assert fix.done_instead == "not linked: issue linking is switched off in Jira"
    assert fix.recommended_action.startswith("Have issue linking switched on.")


def test_a_name_comes_before_a_phrase() -> None:
    """A type may be called as another one's phrase reads."""
    dependency = LinkType(id="3", name="Dependency", inward="Blocks", outward="depends on")
    blocks = LinkType(id="4", name="Blocks", inward="is blocked by", outward="blocks")
    wish = [ticket(1, links=(("blocks", UUID(int=2)),))]
    assert made(wish, states(1, 2), dependency, blocks) == [("Blocks", "DEMO-1", "DEMO-2")]
    assert made(wish, states(1, 2), blocks, dependency) == [("Blocks", "DEMO-1", "DEMO-2")]
    assert made(wish, states(1, 2), dependency) == [("Dependency", "DEMO-2", "DEMO-1")]


def test_a_phrase_of_several_types_is_no_choice() -> None:
    types = [LinkType(id=name, name=name, inward="x", outward="leads to") for name in ("Cause", "Path")]
    link = only([ticket(1, links=(("leads to", UUID(int=2)),))], project(*types))
    assert link.why_not == "several issue link types have that phrase: Cause, Path"


def test_types_that_could_not_be_read_are_left_to_jira() -> None:
    unread = ProjectMetadata(Project(id="1", key="DEMO"), (), {})
    assert only([ticket(1, links=((" Relates", UUID(int=2)),))], unread).type_name == "Relates"


@pytest.mark.parametrize("name", ["Re\u0301sout", "résout", " 9 "])
def test_types_are_found_however_their_letters_are_made(name: str) -> None:
    resolves = LinkType(id="9", name="Résout", inward="est résolu par", outward="résout\u00a0")
    assert made([ticket(1, links=((name, UUID(int=2)),))], states(1, 2), resolves) == [("Résout", "DEMO-1", "DEMO-2")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"depends_on": (2,)}, {"links": (("Blocks", UUID(int=1)),)}),
        ({"depends_on": (2,)}, {"links": (("blocks", UUID(int=1)),)}),
        ({"links": (("is blocked by", UUID(int=2)),)}, {"links": (("Blocks", UUID(int=1)),)}),
        ({"links": (("Relates", UUID(int=2)),)}, {"links": (("relates to", UUID(int=1)),)}),
        ({"depends_on": (2,), "links": (("is blocked by", UUID(int=2)),)}, {}),
        ({"links": (("Relates", UUID(int=2)), ("Relates", "DEMO-2"))}, {}),
    ],
)
def test_a_relation_that_both_say_is_one_link(one: dict[str, Any], other: dict[str, Any]) -> None:
    tickets = [ticket(1, **one), ticket(2, **other)]
    first, *rest = wanted_links(tickets, states(1, 2), project(), "Blocks")
    assert rest == []
    recorded = states(1, 2, steps={1: (Step(StepKind.LINK, first.target),)})
    assert made(tickets, recorded) == []


def test_relations_that_differ_are_not_one() -> None:
    links = (("Blocks", UUID(int=2)), ("is blocked by", UUID(int=2)), ("Relates", UUID(int=2)))
    assert len(made([ticket(1, links=links)], states(1, 2))) == 3


def test_a_link_to_the_issue_itself_is_not_tried() -> None:
    link = only([ticket(1, links=(("Relates", UUID(int=1)),))], project())
    assert link.type_name is None
    fix = link_fix(link.sentence, link.why_not)
    assert fix.done_instead == "not linked: an issue cannot be linked to itself"
    assert fix.recommended_action == "Link the issue that was meant by hand."


@pytest.mark.parametrize(
    ("type_name", "answer", "fix"),
    [
        ("Blocks", None, None),
        (
            "Blocks",
            faults.status(
                404,
                {"errorMessages": ["No link type with name 'Blocks' found."], "errors": {}},
                headers={"atl-traceid": "abc"},
            ),
            "No link type",
        ),
        (None, None, "an issue cannot be linked to itself"),
    ],
)
async def test_a_link_is_made_or_left_to_a_person(
    world: World, type_name: str | None, answer: Any, fix: str | None
) -> None:
    await world.export(plain_ticket(1), plain_ticket(2))
    if answer is not None:
        world.jira.faults.add(Fault(("POST", "/issueLink"), answer))
    link = WantedLink(
        UUID(int=1), "t", type_name, "DEMO-1", "DEMO-2", "DEMO-1 blocks DEMO-2", "" if type_name else TO_ITSELF
    )
    step, trace_id = await make_link(world.client, link)
    assert (step.kind, step.target, step.done) == (StepKind.LINK, "t", fix is None)
    assert (trace_id is not None) == (type_name is not None)
    assert len(world.jira.links) == (fix is None)
    if fix is not None:
        assert step.manual_fix is not None
        assert fix in step.manual_fix.done_instead

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.events import IssueExported
from jira_session_export._journal import SessionStatus
from jira_session_export._values import ErrorCategory, ManualFixKind, StepKind
from jira_session_export.testing import Fault, faults

CREATE = ("POST", "/issue")
UPLOAD = ("POST", "/issue/*/attachments")
DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
WITH_IMAGE = f'<p>Before</p><p><img src="{DOT}" alt="a dot"></p><p>After</p>'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "log.txt"
    file.write_text("a log")
    return file


def attached(world: World, key: str = "DEMO-1") -> list[str]:
    return [attachment.filename for attachment in world.jira.issues[key].attachments]


async def fixes(world: World) -> list[tuple[ManualFixKind, str]]:
    return [(fix.kind, fix.done_instead) for fix in (await world.states())[0].manual_fixes]


# -- files -----------------------------------------------------------------------------------------------------------


async def test_each_file_is_attached_and_recorded(world: World, log: Path) -> None:
    await world.export(ticket(1, attachments=[log, {"path": str(log), "filename": "copy.txt"}]))
    assert attached(world) == ["log.txt", "copy.txt"]
    steps = (await world.states())[0].steps
    assert [(step.kind, step.target, step.done) for step in steps] == [
        (StepKind.ATTACHMENT, "log.txt", True),
        (StepKind.ATTACHMENT, "copy.txt", True),
    ]
    assert [step.jira_id for step in steps] == [each.id for each in world.jira.issues["DEMO-1"].attachments]


async def test_a_missing_file_leaves_a_manual_fix(world: World, tmp_path: Path, log: Path) -> None:
    state = await world.export(ticket(1, attachments=[tmp_path / "gone.txt", log]))
    assert state.status == SessionStatus.COMPLETED
    assert attached(world) == ["log.txt"]
    ((kind, done_instead),) = await fixes(world)
    assert kind is ManualFixKind.ATTACHMENT_FAILED
    assert "No such file" in done_instead


async def test_a_file_jira_refuses_leaves_a_manual_fix(world: World, log: Path) -> None:
    world.jira.faults.add(Fault(UPLOAD, faults.status(413)))
    state = await world.export(ticket(1, attachments=[log]))
    assert (state.status, state.manual_fix_count) == (SessionStatus.COMPLETED, 1)
    assert [kind for kind, _ in await fixes(world)] == [ManualFixKind.ATTACHMENT_FAILED]
    (step,) = (await world.states())[0].steps
    assert not step.done


@pytest.mark.parametrize("status", [401, 403])
async def test_a_permission_that_is_gone_stops_the_export(world: World, log: Path, status: int) -> None:
    world.jira.faults.add(Fault(UPLOAD, faults.status(status)))
    state = await world.export(ticket(1, attachments=[log]), ticket(2))
    assert state.failure is not None
    assert state.failure.category is ErrorCategory.ADMIN_REQUIRED
    assert state.failed_at_ticket_order == 1
    assert (await world.states())[0].issue is not None
    assert (await world.retry()).status == SessionStatus.COMPLETED
    assert attached(world) == ["log.txt"]
    assert len(world.jira.issues) == 2


async def test_an_upload_whose_answer_got_lost_is_looked_for(world: World, log: Path) -> None:
    world.jira.faults.add(Fault(UPLOAD, faults.drop_after_commit()))
    state = await world.export(ticket(1, attachments=[log]))
    assert state.status == SessionStatus.COMPLETED
    assert attached(world) == ["log.txt"]


async def test_an_upload_that_cannot_be_found_leaves_a_fix_and_the_next_tickets_go_on(world: World, log: Path) -> None:
    world.jira.faults.add(Fault(UPLOAD, faults.late_commit(60)))
    state = await world.export(ticket(1, attachments=[log]), ticket(2))
    assert (state.status, state.exported, state.retry_count) == (SessionStatus.COMPLETED, 2, 0)
    (fix,) = (await world.states())[0].manual_fixes
    assert fix.kind is ManualFixKind.ATTACHMENT_FAILED
    assert fix.asked_for == "log.txt"
    assert "If it has not arrived since" in fix.recommended_action
    world.clock.advance(60)
    assert [file.filename for file in world.jira.issues["DEMO-1"].attachments] == ["log.txt"]


async def test_a_cancelled_upload_keeps_the_lease_so_that_nobody_looks_too_early(world: World, log: Path) -> None:
    world.jira.faults.add(Fault(UPLOAD, faults.slow(10)))
    await world.store.put(session(ticket(1, attachments=[log])))
    await world.service().start(SESSION)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(world.exporter().execute, SESSION)
            await world.runtime.sleep(5)
            scope.cancel()
    assert (await world.state()).lease_owner is not None
    world.clock.advance(world.settings.lease_seconds)
    assert (await world.exporter().execute(SESSION)).status == SessionStatus.COMPLETED
    assert attached(world) == ["log.txt"]


# -- images in place ---------------------------------------------------------------------------------------------------


async def test_an_embedded_image_is_attached_and_shown_in_place(world: World) -> None:
    await world.export(ticket(1, description_html=WITH_IMAGE))
    (image,) = world.jira.issues["DEMO-1"].attachments
    description: Any = world.jira.issues["DEMO-1"].description
    assert [node["type"] for node in description["content"]] == ["paragraph", "mediaSingle", "paragraph"]
    assert description["content"][1]["content"][0]["attrs"]["id"] == image.media_id
    assert [step.kind for step in (await world.states())[0].steps] == [StepKind.ATTACHMENT, StepKind.MEDIA]


async def test_where_jira_refuses_the_image_stays_an_attachment(world: World) -> None:
    world.jira.faults.add(Fault(("PUT", "/issue/*"), faults.status(400)))
    state = await world.export(ticket(1, description_html=WITH_IMAGE))
    assert state.status == SessionStatus.COMPLETED
    assert len(attached(world)) == 1
    ((kind, done_instead),) = await fixes(world)
    assert kind is ManualFixKind.ATTACHMENT_FAILED
    assert "attached to the issue only" in done_instead


async def test_images_are_left_alone_when_told_so(world: World) -> None:
    world.settings = world.settings.model_copy(update={"embed_images": False})
    await world.export(ticket(1, description_html=WITH_IMAGE))
    assert attached(world) == []
    assert world.jira.sent("PUT") == []


async def test_an_image_that_does_not_come_along_is_in_the_results_once(world: World) -> None:
    world.jira.index_lag = 5
    world.jira.faults.add(Fault(CREATE, faults.drop_after_commit()))
    await world.export(ticket(1, description_html='<p>a<img src="cid:logo@mail">b<img src="cid:logo@mail"></p>'))
    (exported,) = [event for event in world.events if isinstance(event, IssueExported)]
    assert exported.adopted
    (fix,) = (await world.service().results(SESSION)).manual_fixes
    assert (fix.jira_key, fix.issue_type) == ("DEMO-1", ManualFixKind.ATTACHMENT_FAILED)
    assert fix.recommended_action == (
        "description: asked for cid:logo@mail shown in place; nothing is shown there, because the ticket does not "
        "bring the file along. Attach the file to the issue and insert it in the description."
    )


async def test_attachments_are_shown_where_the_description_names_them(world: World, tmp_path: Path) -> None:
    files = [tmp_path / "before" / "ui.png", tmp_path / "after" / "ui.png"]
    for file in files:
        file.parent.mkdir()
        file.write_bytes(file.parent.name.encode())
    text = "![](after/ui.png)\n\n![](before/ui.png)\n\n![](./after/ui.png)"
    state = await world.export(ticket(1, description_markdown=text, attachments=files))
    assert (state.status, state.manual_fix_count) == (SessionStatus.COMPLETED, 0)
    media_ids = {each.content: each.media_id for each in world.jira.issues["DEMO-1"].attachments}
    description: Any = world.jira.issues["DEMO-1"].description
    assert [node["content"][0]["attrs"]["id"] for node in description["content"]] == [
        media_ids[b"after"],
        media_ids[b"before"],
        media_ids[b"after"],
    ]


async def test_an_image_that_cannot_be_attached_is_to_be_inserted_too(world: World, tmp_path: Path) -> None:
    await world.export(ticket(1, description_markdown="![](a.png)", attachments=[tmp_path / "a.png"]))
    (fix,) = (await world.states())[0].manual_fixes
    assert fix.recommended_action == "Attach a.png to the issue by hand, and insert it in the description."


async def test_images_of_a_shortened_description_are_attached_and_said(world: World) -> None:
    await world.export(ticket(1, description_html=f"{WITH_IMAGE}<p>{'word ' * 10_000}</p>"))
    assert world.jira.sent("PUT") == []
    shortened, images = (await world.states())[0].manual_fixes
    assert shortened.kind is ManualFixKind.DESCRIPTION_SHORTENED
    assert (images.kind, images.asked_for, images.done_instead) == (
        ManualFixKind.ATTACHMENT_FAILED,
        "embedded-1.gif shown in the description",
        "attached to the issue only: the description was shortened",
    )


@pytest.mark.parametrize("description", [{"description_html": WITH_IMAGE}, {"description_markdown": WITH_IMAGE}])
async def test_an_image_not_yet_attached_when_the_run_stopped_is_attached_by_the_next(
    world: World, description: dict[str, str]
) -> None:
    world.jira.faults.add(Fault(UPLOAD, faults.status(403)))
    assert (await world.export(ticket(1, **description))).status == SessionStatus.EXPORT_FAILED
    assert (await world.retry()).status == SessionStatus.COMPLETED
    assert len(attached(world)) == 1
    assert "media" in json.dumps(world.jira.issues["DEMO-1"].description)


async def test_a_crash_between_upload_and_update_loses_neither(world: World) -> None:
    world.jira.faults.add(Fault(("PUT", "/issue/*"), faults.status(401)))
    await world.export(ticket(1, description_html=WITH_IMAGE))
    assert (await world.retry()).status == SessionStatus.COMPLETED
    (image,) = world.jira.issues["DEMO-1"].attachments
    assert image.media_id in json.dumps(world.jira.issues["DEMO-1"].description)


# -- what the create screen lacks --------------------------------------------------------------------------------------


async def test_a_sprint_off_the_screen_is_set_afterwards(world: World) -> None:
    world.jira.project("DEMO").issue_type("Task").remove_field("Sprint")
    state = await world.export(ticket(1, sprint="DEMO Sprint 2"))
    assert (state.status, state.manual_fix_count) == (SessionStatus.COMPLETED, 0)
    sprint = world.jira.sprints[world.jira.issues["DEMO-1"].sprint or 0]
    assert sprint.name == "DEMO Sprint 2"
    assert [step.kind for step in (await world.states())[0].steps] == [StepKind.SPRINT]


async def test_an_assignee_off_the_screen_is_set_afterwards(world: World) -> None:
    maria = world.jira.user("maria.silva@example.com")
    world.jira.project("DEMO").issue_type("Task").remove_field("assignee")
    await world.export(ticket(1, assignee=maria.email))
    assert world.jira.issues["DEMO-1"].assignee == maria.account_id
    assert [step.kind for step in (await world.states())[0].steps] == [StepKind.ASSIGNEE]


@pytest.mark.parametrize(
    ("field", "value", "refused", "kind"),
    [
        ("Sprint", {"sprint": "DEMO Sprint 2"}, ("POST", "/sprint/*/issue"), ManualFixKind.SPRINT_NOT_FOUND),
        (
            "assignee",
            {"assignee": "maria.silva@example.com"},
            ("PUT", "/issue/*/assignee"),
            ManualFixKind.ASSIGNEE_INVALID,
        ),
    ],
)
async def test_what_jira_refuses_afterwards_leaves_a_manual_fix(
    world: World, field: str, value: dict[str, str], refused: tuple[str, str], kind: ManualFixKind
) -> None:
    world.jira.project("DEMO").issue_type("Task").remove_field(field)
    world.jira.faults.add(Fault(refused, faults.status(400)))
    state = await world.export(ticket(1, **value))
    assert state.status == SessionStatus.COMPLETED
    assert [each for each, _ in await fixes(world)] == [kind]


async def test_a_shortened_description_is_attached_whole(world: World) -> None:
    text = "word " * 10_000
    await world.export(ticket(1, description_html=f"<p>{text}</p>"))
    (whole,) = world.jira.issues["DEMO-1"].attachments
    assert whole.content.decode().strip() == text.strip()
    assert ManualFixKind.DESCRIPTION_SHORTENED in [kind for kind, _ in await fixes(world)]


# -- links -------------------------------------------------------------------------------------------------------------


async def test_a_link_jira_refuses_leaves_a_manual_fix(world: World) -> None:
    world.jira.faults.add(Fault(("POST", "/issueLink"), faults.status(404)))
    state = await world.export(ticket(1), ticket(2, depends_on=[UUID(int=1)]), ticket(3, depends_on=[UUID(int=1)]))
    assert (state.status, state.links_created, state.manual_fix_count) == (SessionStatus.COMPLETED, 1, 1)
    (fix,) = (await world.states())[1].manual_fixes
    assert fix.kind is ManualFixKind.LINK_FAILED


async def test_a_link_whose_answer_got_lost_exists_once(world: World) -> None:
    world.jira.faults.add(Fault(("POST", "/issueLink"), faults.drop_after_commit()))
    state = await world.export(ticket(1), ticket(2, depends_on=[UUID(int=1)]))
    assert state.status == SessionStatus.COMPLETED
    assert len(world.jira.links) == 1


# -- parents ---------------------------------------------------------------------------------------------------------

EDIT = ("PUT", "/issue/*")


async def under_an_epic(world: World, *, style: str = "classic", kind: str = "Epic", on_edit_screen: bool) -> Any:
    """The second of two tickets, exported with the first as its parent, which no create screen shows."""
    if style != "classic":
        world.jira.delete_project("DEMO")
        world.jira.add_project("DEMO", style=style)
    project = world.jira.project("DEMO")
    project.edit_screen("Task")
    project.issue_type("Task").remove_field("parent")
    if not on_edit_screen:
        project.edit_screen("Task").remove_field("parent")
    await world.export(ticket(1, issue_type=kind), ticket(2, parent=UUID(int=1)))
    return world.jira.issues["DEMO-2"]


def sent(world: World) -> list[str]:
    return [f"{request.method} {request.resource}" for request in world.jira.writes]


async def test_a_parent_off_the_create_screen_is_set_by_an_edit(world: World) -> None:
    issue = await under_an_epic(world, on_edit_screen=True)
    assert issue.parent == "DEMO-1"
    assert sent(world)[2:] == ["PUT /issue/DEMO-2"]
    _, state = await world.states()
    assert state.manual_fixes == ()
    assert [(step.kind, step.target, step.done) for step in state.steps] == [(StepKind.PARENT, "DEMO-1", True)]


async def test_a_parent_off_every_screen_takes_the_issue_in_when_it_is_an_epic(world: World) -> None:
    issue = await under_an_epic(world, on_edit_screen=False)
    assert issue.parent == "DEMO-1"
    assert sent(world)[2:] == ["PUT /issue/DEMO-2", "POST /epic/DEMO-1/issue"]
    assert (await world.states())[1].manual_fixes == ()


@pytest.mark.parametrize("style", ["classic", "next-gen"])
async def test_a_parent_that_cannot_be_set_leaves_a_manual_fix(world: World, style: str) -> None:
    kind = "Story" if style == "classic" else "Epic"
    issue = await under_an_epic(world, style=style, kind=kind, on_edit_screen=False)
    assert issue.parent is None
    assert len(sent(world)) == (4 if style == "classic" else 3)  # a team-managed project has no epics to move it to
    (fix,) = (await world.states())[1].manual_fixes
    assert (fix.kind, fix.field, fix.asked_for) == (ManualFixKind.FIELD_NOT_ON_SCREEN, "parent", "DEMO-1")
    assert "appropriate screen" in fix.done_instead


async def test_a_token_without_the_scope_for_epics_leaves_a_manual_fix(world: World) -> None:
    scope = {"x-failure-category": "FAILURE_CLIENT_SCOPE_CHECK"}
    world.jira.faults.add(Fault(("POST", "/epic/*/issue"), faults.status(401, headers=scope), times=None))
    await under_an_epic(world, on_edit_screen=False)
    assert (await world.state()).status == SessionStatus.COMPLETED
    assert [fix.field for fix in (await world.states())[1].manual_fixes] == ["parent"]


async def test_bad_credentials_while_a_parent_is_set_stop(world: World) -> None:
    world.jira.faults.add(Fault(EDIT, faults.status(401), times=None))
    await under_an_epic(world, on_edit_screen=True)
    assert (await world.state()).status == SessionStatus.EXPORT_FAILED
    world.jira.faults.clear()
    assert (await world.retry()).status == SessionStatus.COMPLETED
    assert world.jira.issues["DEMO-2"].parent == "DEMO-1"

"""What Jira calls otherwise than the session does: a project that was renamed, a file whose name it changed."""

from pathlib import Path

from tests.unit.export.conftest import SESSION, World, ticket

from jira_session_export._models import Session
from jira_session_export.testing import Fault, faults


async def test_a_renamed_project_is_searched_by_its_present_key(world: World) -> None:
    world.jira.project("DEMO").former_keys.append("OLD")
    world.jira.faults.add(Fault(("POST", "/issue"), faults.drop_after_commit(), nth=2))
    renamed = Session(id=SESSION, project_key="OLD", tickets=(ticket(1), ticket(2), ticket(3)))
    await world.store.put(renamed)
    await world.service().start(SESSION)
    await world.exporter().execute(SESSION)
    assert (await world.store.state(SESSION)).status == "completed"
    assert [issue.key for issue in world.jira.issues.values()] == ["DEMO-1", "DEMO-2", "DEMO-3"]
    searches = [request.json["jql"] for request in world.jira.requests if request.resource == "/search/jql"]
    assert searches
    assert all('project = "DEMO"' in jql for jql in searches)


async def test_a_renamed_project_is_read_no_more_often(world: World) -> None:
    world.jira.project("DEMO").former_keys.append("OLD")
    await world.store.put(Session(id=SESSION, project_key="OLD", tickets=(ticket(1), ticket(2))))
    await world.service().start(SESSION)
    await world.exporter().execute(SESSION)
    read = [request.path for request in world.jira.requests if request.path.endswith("/project/OLD")]
    assert len(read) <= 2  # once for the answer to the start, once by the worker


async def test_a_file_whose_name_jira_changed_is_not_attached_twice(world: World, tmp_path: Path) -> None:
    names = ["Plan: Q4?.pdf", "<log>.txt"]
    for name in names:
        (tmp_path / name).write_bytes(name.encode() * 7)
    world.jira.options.stored_name = lambda name: "".join(char if char not in '<>:?"' else "_" for char in name)
    world.jira.faults.add(Fault(("POST", "/issue/*/attachments"), faults.drop_after_commit(), nth=1))
    world.jira.faults.add(Fault(("POST", "/issue/*/attachments"), faults.drop_after_commit(), nth=2))
    files = [{"path": tmp_path / name} for name in names]
    await world.store.put(Session(id=SESSION, project_key="DEMO", tickets=(ticket(1, attachments=files),)))
    await world.service().start(SESSION)
    await world.exporter().execute(SESSION)
    (issue,) = world.jira.issues.values()
    assert [attachment.filename for attachment in issue.attachments] == ["Plan_ Q4_.pdf", "_log_.txt"]
    assert (await world.service().results(SESSION)).manual_fixes == []
    world.jira.faults.assert_all_used()

from pathlib import Path
from uuid import UUID

import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export.api import AdfTestRequest
from jira_session_export.errors import InputError

TWO, THREE = UUID(int=2), UUID(int=3)


async def test_conversion_of_all_or_of_chosen_tickets(world: World) -> None:
    await world.store.put(session(ticket(1, description_html="<p>" + "word " * 20 + "</p>"), ticket(2)))
    both = await world.service().test_conversion(SESSION, AdfTestRequest(ticket_ids=[]))
    assert (both.tickets_tested, both.passed, both.failed, both.all_passed) == (2, 2, 0, True)
    first = both.results[0]
    assert (first.ticket_title, first.status, first.attachment_upload_tested) == ("Ticket 1", "passed", False)
    assert first.attachment_upload_status == "skipped"
    assert first.adf_size_bytes
    assert first.character_reduction == pytest.approx(100 * (1 - 99 / 107), abs=0.1)
    one = await world.service().test_conversion(SESSION, AdfTestRequest(ticket_ids=[TWO]))
    assert [result.ticket_id for result in one.results] == [TWO]
    with pytest.raises(InputError, match=str(THREE)):
        await world.service().test_conversion(SESSION, AdfTestRequest(ticket_ids=[THREE]))


async def test_a_description_that_is_too_long_fails_its_test(world: World) -> None:
    await world.store.put(session(ticket(1, description_html="x" * 20_000_000)))
    (result,) = (await world.service().test_conversion(SESSION, AdfTestRequest(ticket_ids=[]))).results
    assert result.status == "failed"
    assert "characters" in (result.error_message or "")
    assert result.suggested_fix


async def test_attachments_are_tested_without_uploading(world: World, tmp_path: Path) -> None:
    good, large, missing = tmp_path / "good.txt", tmp_path / "large.txt", tmp_path / "missing.txt"
    good.write_text("fine")
    large.write_text("x" * 100)
    world.jira.options.upload_limit = 50
    await world.store.put(
        session(ticket(1, attachments=[good]), ticket(2, attachments=[good, large]), ticket(3, attachments=[missing]))
    )
    response = await world.service().test_conversion(SESSION, AdfTestRequest(ticket_ids=[]))
    assert [result.attachment_upload_status for result in response.results] == ["passed", "failed", "failed"]
    assert "it has 100 bytes, and Jira takes at most 50" in (response.results[1].error_message or "")
    assert "missing.txt cannot be attached: No such file" in (response.results[2].error_message or "")
    assert (response.passed, response.failed, response.all_passed) == (1, 2, False)
    without = await world.service().test_conversion(SESSION, AdfTestRequest(ticket_ids=[], include_attachments=False))
    assert without.all_passed
    assert not any(result.attachment_upload_tested for result in without.results)
    assert world.jira.writes == []


async def test_attachments_without_the_permission_fail_their_test(world: World, tmp_path: Path) -> None:
    file = tmp_path / "good.txt"
    file.write_text("fine")
    world.jira.revoke("CREATE_ATTACHMENTS")
    await world.store.put(session(ticket(1, attachments=[file])))
    (result,) = (await world.service().test_conversion(SESSION, AdfTestRequest(ticket_ids=[]))).results
    assert (result.status, result.attachment_upload_status) == ("failed", "failed")
    assert "attach" in (result.error_message or "").lower()

import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export.api import ExportFailedResponse
from jira_session_export.errors import NothingToReleaseError, RetriesExhaustedError
from jira_session_export.testing import Fault, faults


async def test_a_released_session_has_all_retries_again(world: World) -> None:
    world.jira.faults.add(Fault(("POST", "/issue"), faults.status(403), times=None))
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    await world.exporter().execute(SESSION)
    service = world.service()
    for _ in range(2):
        with pytest.raises(NothingToReleaseError, match="retry is left"):
            await service.release(SESSION, by="ada")
        for attempt in (1, 2, 3):
            assert (await service.retry(SESSION)).retry_attempt == attempt
            await world.exporter().execute(SESSION)
        with pytest.raises(RetriesExhaustedError) as caught:
            await service.retry(SESSION)
        assert "release" in caught.value.recovery_actions[2]
        told = await service.release(SESSION, by="ada")
        assert isinstance(told, ExportFailedResponse)
        assert (told.retry_available, told.retry_attempts_used) == (True, 0)
    assert (await world.kinds()).count("session_released") == 2
    world.settings = world.settings.model_copy(update={"max_retries": 0})
    with pytest.raises(NothingToReleaseError, match="max_retries"):
        await world.service().release(SESSION, by="ada")


async def test_a_session_that_has_not_failed_is_not_released(world: World) -> None:
    await world.export(ticket(1))
    with pytest.raises(NothingToReleaseError, match="did not fail"):
        await world.service().release(SESSION, by="ada")

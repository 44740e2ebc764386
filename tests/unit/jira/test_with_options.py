import httpx
import pytest

from jira_session_export._jira import ApiTokenAuth, JiraClient, RetryPolicy
from jira_session_export._jira.network import HttpxTransport
from jira_session_export.errors import NotSentError
from jira_session_export.testing import FakeRuntime


async def test_it_gives_up_soon_while_the_original_stays_patient() -> None:
    sent: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        raise httpx.ConnectError("refused", request=request)

    runtime = FakeRuntime()
    auth = ApiTokenAuth("me@example.com", "x")
    async with JiraClient(
        "https://site", auth, runtime=runtime, transport=HttpxTransport(httpx.MockTransport(refuse))
    ) as client:
        with pytest.raises(NotSentError):
            await client.with_options(retry=RetryPolicy.interactive()).myself()
        assert len(sent) == 2
        assert runtime.monotonic() < 1
        with pytest.raises(NotSentError):
            await client.myself()
        assert len(sent) == 2 + 5

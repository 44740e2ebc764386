import json
from pathlib import Path

import pytest

from jira_session_export._envconfig import JiraSettings
from jira_session_export._jira.auth import ApiTokenAuth, BearerAuth
from jira_session_export._jira.client import JiraClient
from jira_session_export._jira.configured import auth_from
from jira_session_export._jira.oauth import OAuth2Auth
from jira_session_export.errors import MissingScopeError, SettingsError
from jira_session_export.testing import FakeJira, FakeRuntime

SITE = "https://demo.atlassian.net"


def test_which_settings_make_which_sign_in(tmp_path: Path) -> None:
    assert auth_from(JiraSettings(SITE, "me@example.com", "t")) == ApiTokenAuth("me@example.com", "t")
    with_cloud_id = ApiTokenAuth("me@example.com", "t", scoped=True, cloud_id="11aa")
    assert auth_from(JiraSettings(SITE, "me@example.com", "t", cloud_id="11aa")) == with_cloud_id
    assert auth_from(JiraSettings(SITE, access_token="t", cloud_id="11aa")) == BearerAuth("t", cloud_id="11aa")
    file = tmp_path / "tokens.json"
    file.write_text(json.dumps({"access_token": "a", "refresh_token": "r"}))
    settings = JiraSettings(SITE, oauth_tokens_file=str(file), oauth_client_id="app", oauth_client_secret="s")
    assert isinstance(auth_from(settings), OAuth2Auth)
    file.unlink()
    with pytest.raises(SettingsError, match=r"tokens\.json"):
        auth_from(settings)


async def test_a_gateway_address_in_the_settings_works() -> None:
    runtime = FakeRuntime()
    fake = FakeJira(["PAY"], runtime=runtime, tokens=(), base_url=SITE)
    fake.add_token("scoped", email="maria.silva@example.com", scopes=("read:jira-user", "read:jira-work"))
    settings = JiraSettings(f"https://api.atlassian.com/ex/jira/{fake.cloud_id}", "maria.silva@example.com", "scoped")
    async with JiraClient.from_settings(settings, runtime=runtime, transport=fake.transport) as client:
        assert (await client.project("PAY")).key == "PAY"
        with pytest.raises(MissingScopeError):
            await client.boards("PAY")


async def test_oauth_tokens_in_a_file_are_renewed_there(tmp_path: Path) -> None:
    runtime = FakeRuntime()
    fake = FakeJira(["PAY"], runtime=runtime, tokens=(), base_url=SITE)
    grant = fake.authorize(client_id="app", client_secret="s")
    file = tmp_path / "tokens.json"
    file.write_text(json.dumps({"access_token": "old", "refresh_token": grant.refresh_token, "expires_in": 3600}))
    settings = JiraSettings(SITE, oauth_tokens_file=str(file), oauth_client_id="app", oauth_client_secret="s")
    async with JiraClient.from_settings(settings, runtime=runtime, transport=fake.transport) as client:
        assert (await client.project("PAY")).key == "PAY"
    async with JiraClient.from_settings(settings, runtime=runtime, transport=fake.transport) as another_process:
        await another_process.project("PAY")
    assert grant.refreshes == 1
    kept = json.loads(file.read_text())
    assert (kept["access_token"], kept["refresh_token"]) == (grant.access_token, grant.refresh_token)
    assert "expires_in" not in kept


def test_plain_http_is_allowed_by_the_settings() -> None:
    settings = JiraSettings("http://jira.example.com", "me@example.com", "t")
    with pytest.raises(SettingsError):
        JiraClient.from_settings(settings)
    JiraClient.from_settings(JiraSettings("http://jira.example.com", "me@example.com", "t", allow_http=True))

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jira_session_export._jira.oauth import OAuth2Tokens
from jira_session_export._jira.tokens_file import TokensFile
from jira_session_export.errors import SettingsError

ENDS = datetime(2026, 1, 5, 9, tzinfo=UTC)


async def test_what_is_saved_is_loaded_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_text('{"access_token": "a", "refresh_token": "r", "expires_in": 3600, "scope": "read:jira-work"}')
    file = TokensFile(path)
    assert await file.load() == OAuth2Tokens("a", "r")
    await file.save(OAuth2Tokens("a2", "r2", ENDS))
    assert await file.load() == file.read() == OAuth2Tokens("a2", "r2", ENDS)
    assert json.loads(path.read_text())["scope"] == "read:jira-work"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "no such file"),
        ("", "it is no JSON"),
        ("PLANTED", "it is no JSON"),
        ('["PLANTED"]', "it is no JSON object"),
        ('{"access_token": "PLANTED"}', "it has no refresh_token"),
        ('{"access_token": 3, "refresh_token": null}', "it has no access_token and no refresh_token"),
        ('{"access_token": "PLANTED", "refresh_token": "r", "expires_at": "soon"}', "no time in ISO 8601"),
        ('{"access_token": "PLANTED", "refresh_token": "r", "expires_at": 5}', "no time in ISO 8601"),
        ('{"access_token": "PLANTED", "refresh_token": "r", "expires_at": "2026-01-05T09:00"}', "no time zone"),
    ],
)
async def test_a_file_without_tokens_says_why_and_shows_none(tmp_path: Path, content: str | None, why: str) -> None:
    path = tmp_path / "tokens.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError) as caught:
        await TokensFile(path).load()
    assert why in caught.value.user_message
    assert "tokens.json" in caught.value.user_message
    assert "PLANTED" not in str(caught.value)


async def test_a_save_that_fails_leaves_the_old_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tokens.json"
    path.write_text('{"access_token": "a", "refresh_token": "r"}')
    monkeypatch.setattr("os.fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        await TokensFile(path).save(OAuth2Tokens("a2", "r2"))
    assert TokensFile(path).read() == OAuth2Tokens("a", "r")
    assert list(tmp_path.iterdir()) == [path]

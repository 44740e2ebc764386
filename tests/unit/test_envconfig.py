import pytest

from jira_session_export._envconfig import JiraSettings, export_settings, jira_settings
from jira_session_export._settings import ExportSettings
from jira_session_export.errors import SettingsError

JIRA = {
    "JIRA_BASE_URL": "https://site.atlassian.net/",
    "JIRA_EMAIL": " me@example.com ",
    "JIRA_API_TOKEN": "secret-token",
}


def test_every_setting_can_come_from_the_environment() -> None:
    values = {
        "pause_seconds": 0.25,
        "bulk_size": 20,
        "max_retries": 5,
        "max_crashes": 4,
        "max_fallback_rounds": 2,
        "verify_after_create": True,
        "index_settle_seconds": 10.0,
        "reconcile_budget_seconds": 20.0,
        "max_create_rounds": 6,
        "story_points_field": "Points",
        "store_patience_seconds": 40.0,
        "pool_size": 7,
        "longest_wait_seconds": 50.0,
        "sessions_at_once": 20,
        "sessions_at_once_per_owner": 5,
        "lease_seconds": 12.0,
        "grace_seconds": 3.0,
        "request_timeout_seconds": 9.0,
        "marker_label": "mark-{session}",
        "default_issue_type": "Story",
        "link_type": "Relates",
        "attach_full_text": False,
        "embed_images": False,
        "requires_attachments": True,
        "attachment_patience_seconds": 60.0,
        "requires_assignee": True,
        "requires_sprint_assignment": True,
        "requires_priority_levels": True,
    }
    assert values.keys() == ExportSettings.model_fields.keys()
    env = {f"JSE_{name.upper()}": str(value) for name, value in values.items()}
    assert export_settings(env) == ExportSettings(**values)


def test_overrides_go_before_the_environment_and_none_is_no_override() -> None:
    env = {"JSE_PAUSE_SECONDS": "3"}
    assert export_settings(env, pause_seconds=0.5).pause_seconds == 0.5
    assert export_settings(env, pause_seconds=None).pause_seconds == 3


def test_other_variables_and_empty_ones_are_left_alone() -> None:
    assert export_settings({"JSE_API_TOKEN": "x", "JSE_PAUSE_SECONDS": "", "PAUSE_SECONDS": "9"}) == ExportSettings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAUSE_SECONDS", "-1"),
        ("PAUSE_SECONDS", "nan"),
        ("LEASE_SECONDS", "0"),
        ("MAX_RETRIES", "many"),
        ("MARKER_LABEL", "a b"),
    ],
)
def test_a_value_that_does_not_fit_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"JSE_{name}='{value}'"):
        export_settings({f"JSE_{name}": value})


def test_all_wrong_values_are_named_at_once() -> None:
    with pytest.raises(SettingsError, match=r"JSE_PAUSE_SECONDS.*JSE_MAX_RETRIES"):
        export_settings({"JSE_PAUSE_SECONDS": "x", "JSE_MAX_RETRIES": "y"})


def test_jira_settings_are_trimmed_and_show_no_token() -> None:
    settings = jira_settings(JIRA)
    assert settings.base_url == "https://site.atlassian.net"
    assert settings.email == "me@example.com"
    assert settings.api_token == "secret-token"
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("missing", JIRA)
def test_a_missing_setting_is_named(missing: str) -> None:
    with pytest.raises(SettingsError, match=f"{missing} is not set"):
        jira_settings({**JIRA, missing: " "})


@pytest.mark.parametrize("address", ["site.atlassian.net", "ftp://site", "https://"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(SettingsError, match="is no address"):
        jira_settings({**JIRA, "JIRA_BASE_URL": address})


OAUTH = {
    "JIRA_BASE_URL": "https://site.atlassian.net",
    "JIRA_OAUTH_TOKENS_FILE": "/run/tokens.json",
    "JIRA_OAUTH_CLIENT_ID": "app",
    "JIRA_OAUTH_CLIENT_SECRET": "secret-of-app",
}


def test_the_other_ways_to_sign_in() -> None:
    assert jira_settings({**OAUTH, "JIRA_CLOUD_ID": "11aa"}) == JiraSettings(
        "https://site.atlassian.net",
        oauth_tokens_file="/run/tokens.json",
        oauth_client_id="app",
        oauth_client_secret="secret-of-app",
        cloud_id="11aa",
    )
    token = {"JIRA_BASE_URL": "https://api.atlassian.com/ex/jira/11aa", "JIRA_ACCESS_TOKEN": "secret-token"}
    settings = jira_settings(token)
    assert settings.access_token == "secret-token"
    assert "secret" not in repr(settings) + repr(jira_settings(OAUTH))


@pytest.mark.parametrize("missing", OAUTH)
def test_half_of_an_oauth_consent_is_named(missing: str) -> None:
    with pytest.raises(SettingsError, match=f"{missing} is not set"):
        jira_settings({name: value for name, value in OAUTH.items() if name != missing})


def test_two_ways_to_sign_in_are_one_too_many() -> None:
    with pytest.raises(SettingsError, match=r"JIRA_EMAIL, JIRA_API_TOKEN and JIRA_ACCESS_TOKEN"):
        jira_settings({**JIRA, "JIRA_ACCESS_TOKEN": "x"})


@pytest.mark.parametrize(("value", "allowed"), [("true", True), ("1", True), ("No", False), ("", False)])
def test_plain_http_must_be_said(value: str, allowed: bool) -> None:
    assert jira_settings({**JIRA, "JIRA_ALLOW_HTTP": value}).allow_http is allowed


def test_a_flag_that_is_none() -> None:
    with pytest.raises(SettingsError, match="JIRA_ALLOW_HTTP='perhaps'"):
        jira_settings({**JIRA, "JIRA_ALLOW_HTTP": "perhaps"})

"""Reads settings from the environment; the only module that looks at `os.environ`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import ValidationError

from jira_session_export._settings import ExportSettings
from jira_session_export.errors import SettingsError

PREFIX = "JSE_"


def environment() -> Mapping[str, str]:
    """The process's environment as it is now."""
    return os.environ  # noqa: TID251 -- this is the one reader


def export_settings(env: Mapping[str, str] | None = None, **overrides: object) -> ExportSettings:
    """The export settings: defaults, then `JSE_<NAME>`, then `overrides` that are not None.

    Raises:
        SettingsError: a value does not fit; the message names the variable.
    """
    env = environment() if env is None else env
    values: dict[str, object] = {
        name: env[PREFIX + name.upper()] for name in ExportSettings.model_fields if env.get(PREFIX + name.upper())
    }
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return ExportSettings.model_validate(values)
    except ValidationError as exc:
        problems = [
            f"{PREFIX}{str(error['loc'][0]).upper()}={error['input']!r}: {error['msg']}" for error in exc.errors()
        ]
        raise SettingsError(
            "Settings that do not fit: " + "; ".join(problems),
            recovery_actions=["Correct or unset the named variables."],
        ) from exc


@dataclass(frozen=True, slots=True)
class JiraSettings:
    """Where Jira is and who we are there.

    Attributes:
        base_url: the site's address, without a trailing slash.
    """

    base_url: str
    email: str
    api_token: str = field(repr=False)


def jira_settings(env: Mapping[str, str] | None = None) -> JiraSettings:
    """`JIRA_BASE_URL`, `JIRA_EMAIL` and `JIRA_API_TOKEN` from the environment.

    Raises:
        SettingsError: some are missing (all of them are named), or the address is not one.
    """
    env = environment() if env is None else env
    names = ("JIRA_BASE_URL", "JIRA_EMAIL", "JIRA_API_TOKEN")
    missing = [name for name in names if not env.get(name, "").strip()]
    if missing:
        raise SettingsError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            recovery_actions=[
                "Set JIRA_BASE_URL (for example https://your-site.atlassian.net), JIRA_EMAIL and JIRA_API_TOKEN.",
                "Make an API token at https://id.atlassian.com/manage-profile/security/api-tokens.",
            ],
        )
    base_url, email, token = (env[name].strip() for name in names)
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(
            f"JIRA_BASE_URL={base_url!r} is no address of a Jira site.",
            recovery_actions=["Set it to the site's address, for example https://your-site.atlassian.net."],
        )
    return JiraSettings(base_url.rstrip("/"), email, token)


def database_url(env: Mapping[str, str] | None = None) -> str:
    """`JSE_DATABASE_URL`: where the state of exports is kept.

    Raises:
        SettingsError: it is not set.
    """
    env = environment() if env is None else env
    if url := env.get("JSE_DATABASE_URL", "").strip():
        return url
    raise SettingsError(
        "There is no store: neither the argument `store` nor JSE_DATABASE_URL is given.",
        recovery_actions=["Give one, for example sqlite:///exports.db; memory:// keeps nothing beyond the process."],
    )

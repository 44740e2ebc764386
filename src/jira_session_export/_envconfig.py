"""Reads settings from the environment; the only module that looks at `os.environ`.

By hand, not by pydantic-settings: importing that takes as long again as importing pydantic (0.12 s of the 0.38 s of the
command `status`), and what is left to do here would stay: naming the variable in an error, and telling the ways to sign
in apart.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from jira_session_export._settings import ExportSettings
from jira_session_export.errors import SettingsError

PREFIX = "JSE_"
_S3_CLIENT_OPTIONS = (
    "allow_http",
    "allow_invalid_certificates",
    "proxy_url",
    "proxy_ca_certificate",
    "proxy_excludes",
    "connect_timeout",
    "timeout",
)


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
    """Where Jira is and who we are there: by an API token, by OAuth tokens in a file, or by an access token.

    Attributes:
        base_url: the site's address, or the gateway's with the site's cloud id; without a trailing slash.
        email: of the account that the API token belongs to.
        api_token: with scopes or without.
        access_token: an OAuth access token that somebody else renews.
        oauth_tokens_file: a JSON file with `access_token` and `refresh_token`, which is kept up to date.
        oauth_client_id, oauth_client_secret: of the app that the tokens in the file were granted to.
        cloud_id: of the site, at Atlassian's gateway; None: it is looked up where it is needed.
        allow_http: whether credentials may go over `http://` to another machine.
    """

    base_url: str
    email: str = ""
    api_token: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    oauth_tokens_file: str = ""
    oauth_client_id: str = ""
    oauth_client_secret: str = field(default="", repr=False)
    cloud_id: str | None = None
    allow_http: bool = False


_API_TOKEN = ("JIRA_EMAIL", "JIRA_API_TOKEN")
_ACCESS_TOKEN = ("JIRA_ACCESS_TOKEN",)
_OAUTH = ("JIRA_OAUTH_TOKENS_FILE", "JIRA_OAUTH_CLIENT_ID", "JIRA_OAUTH_CLIENT_SECRET")
JIRA_VARIABLES = ("JIRA_BASE_URL", *_API_TOKEN, *_ACCESS_TOKEN, *_OAUTH, "JIRA_CLOUD_ID", "JIRA_ALLOW_HTTP")
"""All variables that `jira_settings` reads."""


def jira_settings(env: Mapping[str, str] | None = None) -> JiraSettings:
    """Where Jira is and how to sign in, from the environment.

    `JIRA_BASE_URL` is the site. One of three ways to sign in: `JIRA_EMAIL` and `JIRA_API_TOKEN`;
    `JIRA_OAUTH_TOKENS_FILE`, `JIRA_OAUTH_CLIENT_ID` and `JIRA_OAUTH_CLIENT_SECRET`; or `JIRA_ACCESS_TOKEN`.
    `JIRA_CLOUD_ID` and `JIRA_ALLOW_HTTP` are optional.

    Raises:
        SettingsError: some are missing (all of them are named), two ways are given, or the address is not one.
    """
    env = environment() if env is None else env
    given = {name: value for name in JIRA_VARIABLES if (value := env.get(name, "").strip())}
    ways = [way for way in (_API_TOKEN, _ACCESS_TOKEN, _OAUTH) if any(name in given for name in way)]
    if len(ways) > 1:
        named = " and ".join(", ".join(name for name in way if name in given) for way in ways)
        raise SettingsError(
            f"There are two ways to sign in to Jira: {named}.", recovery_actions=["Unset the variables of one of them."]
        )
    missing = [name for name in ("JIRA_BASE_URL", *(ways[0] if ways else _API_TOKEN)) if name not in given]
    if missing:
        raise SettingsError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            recovery_actions=[
                "Set JIRA_BASE_URL (for example https://your-site.atlassian.net), JIRA_EMAIL and JIRA_API_TOKEN.",
                "Make an API token at https://id.atlassian.com/manage-profile/security/api-tokens.",
            ],
        )
    base_url = given["JIRA_BASE_URL"]
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(
            f"JIRA_BASE_URL={base_url!r} is no address of a Jira site.",
            recovery_actions=["Set it to the site's address, for example https://your-site.atlassian.net."],
        )
    return JiraSettings(
        base_url.rstrip("/"),
        given.get("JIRA_EMAIL", ""),
        given.get("JIRA_API_TOKEN", ""),
        access_token=given.get("JIRA_ACCESS_TOKEN", ""),
        oauth_tokens_file=given.get("JIRA_OAUTH_TOKENS_FILE", ""),
        oauth_client_id=given.get("JIRA_OAUTH_CLIENT_ID", ""),
        oauth_client_secret=given.get("JIRA_OAUTH_CLIENT_SECRET", ""),
        cloud_id=given.get("JIRA_CLOUD_ID"),
        allow_http=_flag(given, "JIRA_ALLOW_HTTP"),
    )


def _flag(given: Mapping[str, str], name: str) -> bool:
    value = given.get(name, "false")
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise SettingsError(
        f"{name}={value!r} is neither true nor false.", recovery_actions=[f"Set {name} to true or false."]
    )


@dataclass(frozen=True, slots=True)
class FinishSettings:
    """Who is told when an export has ended.

    Attributes:
        webhook_url: `JSE_WEBHOOK_URL`; it may hold a token.
        webhook_secret: `JSE_WEBHOOK_SECRET`.
        command: `JSE_ON_FINISH`, a command line for the shell.
    """

    webhook_url: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)
    command: str = ""


def finish_settings(env: Mapping[str, str] | None = None) -> FinishSettings:
    """Read who is told when an export has ended; empty strings for nobody."""
    env = environment() if env is None else env
    names = ("JSE_WEBHOOK_URL", "JSE_WEBHOOK_SECRET", "JSE_ON_FINISH")
    return FinishSettings(*(env.get(name, "").strip() for name in names))


def step_summary_file(env: Mapping[str, str] | None = None) -> Path | None:
    """`GITHUB_STEP_SUMMARY`: where GitHub Actions has a step append its summary; None elsewhere."""
    name = (environment() if env is None else env).get("GITHUB_STEP_SUMMARY", "").strip()
    return Path(name) if name else None


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


def s3_client_options(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the environment says of the HTTP client for S3, as options of obstore's, which reads what they mean.

    obstore reads these variables itself, but leaves them all out as soon as it is given one option.
    """
    env = environment() if env is None else env
    said = {name: env.get(f"AWS_{name.upper()}", "").strip() for name in _S3_CLIENT_OPTIONS}
    return {name: value for name, value in said.items() if value}


def s3_variables(value: str, env: Mapping[str, str] | None = None) -> Sequence[str]:
    """The variables `AWS_…` that have this value, which obstore does not name when it cannot read one."""
    env = environment() if env is None else env
    return sorted(name for name, said in env.items() if name.startswith("AWS_") and value in {said, said.strip()})


def attachments_address(env: Mapping[str, str] | None = None) -> str | None:
    """`JSE_ATTACHMENTS`: where the files of tickets are; None when it is not set."""
    env = environment() if env is None else env
    return env.get("JSE_ATTACHMENTS", "").strip() or None

"""What the service is told from outside."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from jira_session_export import ExportSettings, JiraSettings, export_settings, jira_settings
from jira_session_export.errors import SettingsError

Runner = Literal["in-process", "procrastinate"]
_RUNNERS: Mapping[str, Runner] = {"in-process": "in-process", "procrastinate": "procrastinate"}


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """How this service runs.

    Attributes:
        jira: None starts the demo mode, with a local Jira.
        database_url: SQLite or PostgreSQL.
        runner: where exports run: `in-process`, in the web processes themselves; `procrastinate`, in the processes of
            `jira-session-export worker`, by a queue in the PostgreSQL database.
        queue: the name of that queue.
        attachments: where uploaded attachments are kept for workers elsewhere, as `JiraExport.open` takes it; None: in
            `data_dir`, by their paths.
        data_dir: uploaded attachments, the demo's Jira, and the database unless it has its own address.
        tokens: bearer token → the caller's name; an unnamed caller (None) sees every session. Empty: no token is
            asked for, and only this machine is served.
        administrators: names of callers who may release sessions.
        allowed_origins: addresses of pages, beside our own, whose scripts may call us.
        demo_port: where the demo's Jira listens; 0 takes a free port.
        max_upload_bytes: largest request that loads a session.
        body_patience_seconds: how long a request's body may take, and a second more for every 20,000 bytes of it.
        least_free_bytes: of the disk; with less the service says that it is not ready.
    """

    export: ExportSettings
    jira: JiraSettings | None
    database_url: str
    data_dir: Path
    tokens: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    administrators: frozenset[str] = frozenset()
    allowed_origins: frozenset[str] = frozenset()
    demo_port: int = 8090
    max_upload_bytes: int = 50_000_000
    body_patience_seconds: float = 20.0
    least_free_bytes: int = 20_000_000
    runner: Runner = "in-process"
    queue: str = "jira_session_export"
    attachments: str | None = None

    @property
    def uploads(self) -> Path:
        """Where uploaded batch files and their attachments lie."""
        return self.data_dir / "uploads"


def service_settings(env: Mapping[str, str] | None = None) -> ServiceSettings:
    """The settings in the environment.

    Raises:
        SettingsError: one does not fit, or Jira is configured by half.
    """
    env = os.environ if env is None else env  # noqa: TID251 -- the one reader of this service
    data_dir = Path(env.get("JSE_DATA_DIR") or ".service").absolute()
    settings = ServiceSettings(
        export=export_settings(env),
        jira=jira_settings(env) if any(value for name, value in env.items() if name.startswith("JIRA_")) else None,
        database_url=env.get("JSE_DATABASE_URL") or f"sqlite:///{data_dir / 'exports.sqlite3'}",
        data_dir=data_dir,
        tokens=_tokens(env.get("JSE_API_TOKEN", "")),
        administrators=frozenset(_listed(env.get("JSE_ADMINISTRATORS", ""))),
        allowed_origins=frozenset(_listed(env.get("JSE_ALLOWED_ORIGINS", ""))),
        demo_port=_number(env, "JSE_DEMO_PORT", 8090, largest=65_535),
        max_upload_bytes=_number(env, "JSE_MAX_UPLOAD_BYTES", 50_000_000, largest=10_000_000_000),
        runner=_runner(env.get("JSE_RUNNER") or "in-process"),
        queue=env.get("JSE_QUEUE") or "jira_session_export",
        attachments=env.get("JSE_ATTACHMENTS", "").strip() or None,
    )
    if settings.runner == "procrastinate":
        _check_cluster(settings)
    return settings


def _runner(name: str) -> Runner:
    if name not in _RUNNERS:
        raise SettingsError(
            f"JSE_RUNNER={name!r} is no place where exports run.",
            recovery_actions=["Set it to in-process or to procrastinate."],
        )
    return _RUNNERS[name]


def _check_cluster(settings: ServiceSettings) -> None:
    """Refuse what processes elsewhere cannot share."""
    if settings.jira is None:
        raise SettingsError(
            "JSE_RUNNER=procrastinate has workers export, and the demo's local Jira belongs to this process alone.",
            recovery_actions=["Set JIRA_BASE_URL, JIRA_EMAIL and JIRA_API_TOKEN.", "Or unset JSE_RUNNER."],
        )
    if settings.database_url.startswith("sqlite"):
        raise SettingsError(
            "JSE_RUNNER=procrastinate takes a PostgreSQL database, for its queue, and the service is to use SQLite.",
            recovery_actions=[
                "Set JSE_DATABASE_URL to postgresql://user:password@host/database.",
                "Or unset JSE_RUNNER.",
            ],
        )


def _tokens(text: str) -> dict[str, str | None]:
    """`secret` for one caller, `name:secret, name:secret` for several."""
    tokens: dict[str, str | None] = {}
    for item in _listed(text):
        name, colon, token = item.rpartition(":")
        if colon and not (name.strip() and token.strip()):
            raise _token_error("has an entry without a name or without a token")
        if token.strip() in tokens:
            raise _token_error("gives two callers the same token")
        tokens[token.strip()] = name.strip() or None
    if len(tokens) > 1 and None in tokens.values():
        raise _token_error("names several tokens, so each needs a caller's name")
    if any(not token.isascii() or not token.isprintable() or " " in token for token in tokens):
        raise _token_error("has a token that no HTTP header can carry")
    return tokens


def _token_error(problem: str) -> SettingsError:
    return SettingsError(
        f"JSE_API_TOKEN {problem}.",
        recovery_actions=["Set it to one token, or to a list such as alice:TOKEN,bob:OTHER-TOKEN."],
    )


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _number(env: Mapping[str, str], name: str, default: int, *, largest: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdecimal() or int(text) > largest:
        raise SettingsError(
            f"{name}={text!r} is no number from 0 to {largest}.", recovery_actions=["Correct or unset the variable."]
        )
    return int(text)

"""`jira-session-export fake-jira`: a local Jira Cloud on a socket."""

import signal
from collections.abc import Sequence
from pathlib import Path

import anyio
import typer

from jira_session_export._cli.output import ExitCode
from jira_session_export._testing import FakeJira
from jira_session_export._testing.fake_jira.latency import NO_LATENCY, Latency
from jira_session_export._testing.fake_jira.limits import RateLimits
from jira_session_export.errors import SettingsError

_METHODS = frozenset({"GET", "POST", "PUT", "DELETE"})


def open_fake_jira(
    projects: Sequence[str] = ("DEMO",),
    *,
    state_file: Path | None,
    tokens: Sequence[str] | None = None,
    index_lag: float = 0.0,
    latency: Latency = NO_LATENCY,
    limits: RateLimits | None = None,
) -> FakeJira:
    """A FakeJira with its state.

    Raises:
        SettingsError: the state file is another process's, or none of FakeJira's.
    """
    try:
        return FakeJira(
            projects, tokens=tokens, index_lag=index_lag, state_file=state_file, latency=latency, limits=limits
        )
    except OSError as exc:
        raise SettingsError(
            f"{str(exc)[:1].upper()}{str(exc)[1:]}.",
            recovery_actions=["Stop the other FakeJira or demo that uses this file, or choose another file."],
        ) from exc


def read_bursts(written: Sequence[str]) -> dict[str, int]:
    """Limits written as `POST=5`: requests a second by method.

    Raises:
        SettingsError: one is written otherwise.
    """
    limits: dict[str, int] = {}
    for each in written:
        method, _, number = each.partition("=")
        if method.upper() not in _METHODS or not number.isdecimal() or int(number) < 1:
            raise SettingsError(f"--burst takes a method and a number, such as POST=5, not {each!r}.")
        limits[method.upper()] = int(number)
    return limits


async def serve_fake_jira(
    *,
    host: str,
    port: int,
    projects: Sequence[str],
    tokens: Sequence[str] | None,
    index_lag: float,
    state: Path | None,
    latency: Latency,
    limits: RateLimits,
) -> ExitCode:
    """Serve until Ctrl-C.

    Raises:
        SettingsError: the address is taken or not ours.
    """
    keys = tuple(dict.fromkeys(("DEMO", *projects)))
    fake = open_fake_jira(keys, tokens=tokens, index_lag=index_lag, state_file=state, latency=latency, limits=limits)
    try:
        async with fake.serve(host=host, port=port) as url:
            typer.echo(f"FakeJira answers at {url}; Ctrl-C stops it.")
            typer.echo(f"JIRA_BASE_URL={url} JIRA_EMAIL=me@example.com JIRA_API_TOKEN={tokens[0] if tokens else 'any'}")
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for _ in signals:
                    break
    except OSError as exc:
        raise SettingsError(
            f"Cannot listen on {host}:{port}: {exc.strerror or exc}.", recovery_actions=["Choose another --port."]
        ) from exc
    return ExitCode.DONE

"""`python -m app`: the service with what belongs around it: the address is checked, and printed."""

import argparse
import errno
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
import uvicorn

from app.access import is_local
from app.files import private_files
from app.server import BACKLOG, raise_descriptor_limit
from app.settings import ServiceSettings, service_settings
from jira_session_export import JiraSessionExportError, load_batch
from jira_session_export.errors import SessionNotFoundError, SettingsError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

SHORTEST_TOKEN = 16
"""Characters of a token that others can try to guess."""
SHUTDOWN_SECONDS = 15
"""How long open connections may take to end; then running exports are handed over all the same."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = service_settings()
        check_address(options.host, settings)
        check_processes(options.workers, settings)
        port = free_port(options.host, options.port)
        if options.load:
            print(f"Loaded session {anyio.run(_load, settings, options.load, options.owner)}", flush=True)
    except JiraSessionExportError as exc:
        print(f"Error: {exc}", *(f"  → {action}" for action in exc.recovery_actions), sep="\n", file=sys.stderr)
        return 2
    host = f"[{options.host}]" if ":" in options.host else options.host
    mode = f"exports to {settings.jira.base_url}" if settings.jira else "demo mode: exports to a local Jira"
    if settings.runner == "procrastinate":
        mode += f" by workers of the queue {settings.queue}"
    print(
        f"\n  The service is at http://{host}:{port}{options.root_path}/  ({mode}; Ctrl-C stops it)\n",
        flush=True,
    )
    raise_descriptor_limit()
    uvicorn.run(
        "app.main:app",
        host=options.host,
        port=port,
        root_path=options.root_path,
        workers=options.workers,
        proxy_headers=options.trusted_proxies is not None,
        forwarded_allow_ips=options.trusted_proxies,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        http="app.server:BoundedProtocol",
        backlog=BACKLOG,
        log_level="warning",
    )
    return 0


def check_address(host: str, settings: ServiceSettings) -> None:
    """Refuse to listen where others can connect while nobody is asked for a token, or for one that can be guessed.

    Raises:
        SettingsError: the address is public, and there is no token or a short one.
    """
    if is_local(host):
        return
    if any(len(token) < SHORTEST_TOKEN for token in settings.tokens):
        raise SettingsError(
            f"JSE_API_TOKEN has a token of less than {SHORTEST_TOKEN} characters, which can be guessed, so this "
            f"service does not listen on {host}.",
            recovery_actions=["Take a random one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"],
        )
    if not settings.tokens:
        raise SettingsError(
            f"Without a token this service does not listen on {host}: everybody could write to your Jira.",
            recovery_actions=["Set JSE_API_TOKEN to a long random text.", "Or listen on 127.0.0.1."],
        )


def check_processes(number: int, settings: ServiceSettings) -> None:
    """Refuse several processes where they could not share what they work with.

    Raises:
        SettingsError: the demo mode is asked to run in several.
    """
    if number > 1 and settings.jira is None:
        raise SettingsError(
            f"The demo mode runs in one process, because its local Jira does, and --workers asks for {number}.",
            recovery_actions=[
                "Leave --workers out.",
                "Or export to a Jira of your own: set JIRA_BASE_URL, JIRA_EMAIL and JIRA_API_TOKEN.",
            ],
        )


def free_port(host: str, port: int) -> int:
    """Make sure that we can listen there, before an address is printed that is somebody else's.

    Returns:
        The port; a free one for 0.

    Raises:
        SettingsError: another program listens there, or this one may not.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the server does: a port whose last connections have just ended is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as exc:
            taken = exc.errno == errno.EADDRINUSE
            why = "another program listens there" if taken else exc.strerror or str(exc)
            raise SettingsError(
                f"The service cannot listen on {host}, port {port}: {why}.",
                recovery_actions=[
                    "Take another port with --port N; with make: make app ARGS='--port 8001'.",
                    *(["Or stop the other program; it may be an earlier start of this service."] if taken else []),
                ],
            ) from exc
        found: int = probe.getsockname()[1]
    return found


async def _load(settings: ServiceSettings, path: Path, owner: str | None) -> str:
    """Put a batch file into the database, unless its session is there already."""
    session = load_batch(path).model_copy(update={"owner": owner})
    with private_files(settings.data_dir):
        async with SqlAlchemyStore.open(settings.database_url) as store:
            await store.migrate()
            try:
                await store.state(session.id)
            except SessionNotFoundError:
                await store.put(session)
    count = len(session.tickets)
    return f"{session.id} ({session.name}, {count} {'ticket' if count == 1 else 'tickets'})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (%(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the work (%(default)s)")
    parser.add_argument("--root-path", default="", help="path a proxy serves us under, for example /export")
    parser.add_argument("--trusted-proxies", metavar="ADDRESSES", help="whose X-Forwarded headers are believed")
    parser.add_argument("--load", type=Path, metavar="FILE", help="batch file to have in the database at the start")
    parser.add_argument("--owner", metavar="NAME", help="caller the loaded session belongs to")
    return parser


if __name__ == "__main__":
    sys.exit(main())

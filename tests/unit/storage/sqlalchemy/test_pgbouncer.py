"""The store behind a real PgBouncer in transaction mode, where one is installed (Debian: `apt-get install pgbouncer`)."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio
import psycopg
import pytest
from sqlalchemy import make_url
from tests.unit.storage.conftest import entries, running

from jira_session_export.errors import JiraSessionExportError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]


@pytest.fixture
def pgbouncer(postgres: str) -> Iterator[str]:
    """Address of the same database through a pooler with two connections to the server."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("no pgbouncer")
    with psycopg.connect(postgres) as probe, socket.socket() as free:
        host, server_port, user = probe.info.host, probe.info.port, probe.info.user
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = make_url(postgres)
    with tempfile.TemporaryDirectory(prefix="jse-pgbouncer-") as folder:
        place = Path(folder)
        (place / "users").write_text(f'"{user}" "{url.password or ""}"\n')
        (place / "pgbouncer.ini").write_text(
            f"[databases]\n* = host={host} port={server_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {place}/users\n"
            "pool_mode = transaction\ndefault_pool_size = 2\n"
        )
        as_root = os.getuid() == 0
        if as_root:  # it refuses to run as root, and becomes whoever owns the socket of the server
            owner = Path(host).stat().st_uid if host.startswith("/") else 65_534
            for each in (place, *place.iterdir()):
                os.chown(each, owner, -1)
        running_as = {"user": owner} if as_root else {}
        log = (place / "log").open("wb")
        process = subprocess.Popen([program, str(place / "pgbouncer.ini")], stdout=log, stderr=log, **running_as)
        try:
            address = url.set(drivername="postgresql", host="127.0.0.1", port=port, query={}, username=user)
            through = address.render_as_string(hide_password=False)
            _wait_for(port, process, place / "log")
            yield through
        finally:
            process.kill()
            process.wait()
            log.close()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())


@pytest.fixture
async def store(pgbouncer: str) -> AsyncIterator[SqlAlchemyStore]:
    async with SqlAlchemyStore.open(pgbouncer) as store:
        await store.migrate()
        yield store


async def test_sessions_are_exported_at_once_over_fewer_connections(store: SqlAlchemyStore) -> None:
    async def export() -> None:
        session, lease = await running(store, tickets=8)
        for ticket in session.tickets:
            for entry in entries(ticket):
                await store.append(lease, entry)
        state = await store.state(session.id)
        assert (state.exported, state.links_created) == (8, 8)
        assert len(await store.journal(session.id)) == 1 + 3 * 8
        with store.follow(session.id) as signal:
            assert not signal.is_live

    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(export)


async def test_options_of_the_address_are_not_dropped(pgbouncer: str) -> None:
    async with SqlAlchemyStore.open(f"{pgbouncer}?options=-csearch_path%3Dothers") as store:
        with pytest.raises(JiraSessionExportError, match="options"):
            await store.migrate()

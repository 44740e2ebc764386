"""The page's command makes the queue's tables."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest
from tests.docs.pages import blocks

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "run-on-a-cluster.md"


@pytest.mark.postgres
def test_the_command_makes_the_tables_of_the_queue(
    tmp_path: Path, postgres_database: Callable[[], AbstractContextManager[str]]
) -> None:
    (module,) = [block for block in blocks(PAGE) if block.title == "exports_queue.py"]
    (shell,) = [block for block in blocks(PAGE) if "procrastinate --app" in block.code]
    (tmp_path / "exports_queue.py").write_text(module.code)
    with postgres_database() as address:
        shown = re.search(r"DATABASE_URL=(\S+)", shell.code)
        assert shown is not None
        done = subprocess.run(
            ["bash", "-c", "set -eu\n" + shell.code.replace(shown[1], f"'{address}'")],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)

"""What somebody new does first: install, a local Jira, eight lines, a result."""

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT, Block, blocks

README = list(blocks(ROOT / "README.md"))
PROGRAM = next(block for block in README if block.language == "python")
SHOWN = "http://127.0.0.1:8090"


def block_after(program: Block, language: str) -> Block:
    return next(block for block in README[README.index(program) :] if block.language == language)


def test_the_first_program_has_eight_lines_at_most() -> None:
    assert len(PROGRAM.code.splitlines()) <= 8


def test_the_first_screen_shows_how_to_see_it_work_and_how_to_test_it() -> None:
    screen = "\n".join((ROOT / "README.md").read_text("utf-8").splitlines()[:25])
    assert "make demo" in screen
    assert "make test" in screen


def test_the_embedded_program_runs_twice_tells_a_failure_and_exits_accordingly(tmp_path: Path) -> None:
    for block in README:
        if block.title:
            (tmp_path / block.title).write_text(block.code, "utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("JIRA_", "JSE_"))}
    command = Path(sys.executable).with_name("jira-session-export")

    def run(address: str) -> "subprocess.CompletedProcess[str]":
        env = {**clean, "JIRA_BASE_URL": address, "JIRA_EMAIL": "me@example.com", "JIRA_API_TOKEN": "any"}
        program = [sys.executable, "embedded.py"]
        return subprocess.run(program, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=50, check=False)

    with subprocess.Popen([command, "fake-jira", "--port", "0"], env=clean, stdout=subprocess.PIPE, text=True) as jira:
        assert jira.stdout is not None
        address = jira.stdout.readline().split()[3].rstrip(";")
        for created in (2, 0):
            done = run(address)
            assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"{created} created now, 2 in all")
        jira.terminate()
    (tmp_path / "backlog.db").unlink()
    failed = run("http://127.0.0.1:9")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "Traceback" not in failed.stderr
    assert len(failed.stderr.splitlines()) == 2  # what went wrong, and what to do


def test_the_first_program_prints_what_is_shown_and_says_the_second_time_that_it_is_done(tmp_path: Path) -> None:
    for block in README:
        if block.title:
            (tmp_path / block.title).write_text(block.code, "utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("JIRA_", "JSE_"))}
    command = Path(sys.executable).with_name("jira-session-export")
    with subprocess.Popen([command, "fake-jira", "--port", "0"], env=clean, stdout=subprocess.PIPE, text=True) as jira:
        assert jira.stdout is not None
        address = jira.stdout.readline().split()[3].rstrip(";")
        env = {**clean, "JIRA_BASE_URL": address, "JIRA_EMAIL": "me@example.com", "JIRA_API_TOKEN": "any"}
        printed = [
            subprocess.run(
                [sys.executable, PROGRAM.title or ""],
                cwd=tmp_path,
                env=env,
                check=True,
                capture_output=True,
                text=True,
                timeout=50,
            ).stdout.replace(address, SHOWN)
            for _ in range(2)
        ]
        jira.terminate()
    shown = block_after(PROGRAM, "text").code
    assert printed[0] == shown
    assert printed[1] == shown.replace("2 created now", "0 created now")

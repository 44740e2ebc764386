"""What the documentation shows works: Python runs, commands exist, and the tutorial does what it says."""

import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.core
import typer.main
import yaml
from tests.docs.pages import ROOT, Block, blocks, pages

from jira_session_export._cli.app import app

PAGES = pages()
ALL_BLOCKS = [block for page in PAGES for block in blocks(page)]
COMMAND = "jira-session-export"
WITH_JIRA = re.compile(r"jira_settings|JIRA_BASE_URL|from_env")


def identity(value: Block | Path) -> str:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else str(value)


def runs(block: Block) -> bool:
    return block.mode == "run" or (block.language == "python" and block.mode != "compile")


class Jiras:
    """FakeJiras in processes of their own, as the tutorial starts one."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.running: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str) -> str:
        process = subprocess.Popen(
            [COMMAND, "fake-jira", *arguments],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.running.append(process)
        assert process.stdout is not None
        return process.stdout.readline().split()[3].rstrip(";")

    def stop(self) -> None:
        for process in self.running:
            process.terminate()
            process.communicate(timeout=20)


@pytest.fixture
def env() -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("JIRA_", "JSE_"))}
    return {**clean, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{clean.get('PATH', '')}", "COLUMNS": "200"}


@pytest.fixture
def jiras(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Jiras]:
    monkeypatch.setenv("PATH", env["PATH"])
    started = Jiras(env)
    yield started
    started.stop()


@pytest.mark.timeout(240)  # the tutorial starts seven processes
@pytest.mark.parametrize("page", [page for page in PAGES if any(map(runs, blocks(page)))], ids=identity)
def test_a_page_read_from_top_to_bottom_works(
    page: Path, jiras: Jiras, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = list(blocks(page))
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    shown_address, address = "", ""
    if any(block.mode == "background" for block in listed):
        shown_address, address = "http://127.0.0.1:8090", jiras.start("--port", "0")
    elif any(runs(block) and WITH_JIRA.search(block.code) for block in listed):
        env |= {"JIRA_BASE_URL": jiras.start("--port", "0"), "JIRA_EMAIL": "me@example.com", "JIRA_API_TOKEN": "any"}
        env |= {"JSE_PAUSE_SECONDS": "0"}
    write_titled(listed, tmp_path)
    for block in filter(runs, listed):
        code = block.code.replace(shown_address, address) if shown_address else block.code
        for name in ("JIRA_BASE_URL", "JIRA_EMAIL", "JIRA_API_TOKEN", "JSE_PAUSE_SECONDS"):
            if name in env:
                monkeypatch.setenv(name, env[name])
        if block.language == "python":
            # On the page's own lines, so that a traceback points there.
            try:
                exec(compile("\n" * block.line + code, str(page), "exec"), namespace)
            except SystemExit as left:  # a program that ends with its exit code
                if left.code not in {None, 0}:
                    raise
        else:
            env = run_shell(block, code, env, tmp_path)


def write_titled(listed: list[Block], folder: Path) -> None:
    for block in listed:
        if block.title:
            path = folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code, "utf-8")


def run_shell(block: Block, code: str, env: dict[str, str], folder: Path) -> dict[str, str]:
    """Run a shell block; gives the environment it leaves, so that `export` lasts."""
    script = f"set -eu\n{code}\nenv -0 > .env-after"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    after = (folder / ".env-after").read_bytes().decode().split("\0")
    return dict(line.split("=", 1) for line in after if "=" in line)


@pytest.mark.parametrize(
    "block", [block for block in ALL_BLOCKS if block.language in {"python", "json", "yaml"}], ids=identity
)
def test_blocks_are_what_they_say_they_are(block: Block) -> None:
    match block.language:
        case "python":
            compile(textwrap.dedent(block.code), str(block), "exec")
        case "json" if block.title and block.title.endswith("jsonl"):
            assert all(json.loads(line) for line in block.code.splitlines())
        case "json":
            json.loads(block.code)
        case "yaml":
            yaml.safe_load(block.code)


def commands() -> Iterator[tuple[str, str]]:
    for block in ALL_BLOCKS:
        if block.language in {"bash", "sh", "shell", "console"}:
            for line in block.code.replace("\\\n", " ").splitlines():
                if line.removeprefix("$ ").startswith(COMMAND):
                    yield str(block), line.removeprefix("$ ")


@pytest.mark.parametrize(("place", "line"), list(commands()), ids=lambda value: value)
def test_commands_exist_with_the_options_shown(place: str, line: str) -> None:
    _, name, *arguments = shlex.split(line, comments=True)
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    command = group.get_command(group.context_class(group), name)
    assert command is not None, f"{place}: there is no command {name}"
    command.make_context(name, arguments, resilient_parsing=False)


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for block in ALL_BLOCKS:
        if block.language == "bash":
            assert set(re.findall(r"^make (\w+)", block.code, re.MULTILINE)) <= targets, block


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent == ROOT], ids=identity)
def test_pages_outside_the_site_link_to_files_that_exist(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
        assert (ROOT / target).exists(), target

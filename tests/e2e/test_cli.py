"""The command as a person or a script runs it: a process of its own, against FakeJira on a socket.

Most are forked from one that has imported the command (`run`). `run_whole` starts Python too: each command once, and
where it matters how it begins.
"""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from anyio.from_thread import start_blocking_portal
from tests.e2e.processes import run_command

from jira_session_export.testing import FakeJira

COMMAND = [sys.executable, "-c", "from jira_session_export._cli import main; main()"]
SETTINGS = {"JIRA_EMAIL": "me@example.com", "JIRA_API_TOKEN": "token", "JSE_LEASE_SECONDS": "2"}


def without_ours(*foreign: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("JIRA_", "JSE_", *foreign))}


def run(
    *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return run_command(arguments, without_ours("GITHUB_") | (env or {}), cwd=cwd, stdin=stdin)


def run_whole(
    *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        env=without_ours("GITHUB_") | (env or {}),
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def start(*arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        env=without_ours() | (env or {}),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def get(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url) as response:
        return response.status, response.read().decode()


@pytest.fixture
def jira() -> Iterator[dict[str, str]]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(FakeJira().serve()) as url:
        yield {**SETTINGS, "JIRA_BASE_URL": url}


def write_batch(folder: Path, tickets: Sequence[dict[str, Any]], name: str = "batch.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"project_key": "DEMO", "tickets": list(tickets)}))
    return path


def tickets(count: int) -> list[dict[str, Any]]:
    return [
        {"id": str(number), "title": f"Ticket {number}", "description_html": "<p>x"} for number in range(1, count + 1)
    ]


def issue_count(jira: dict[str, str]) -> int:
    request = urllib.request.Request(
        f"{jira['JIRA_BASE_URL']}/rest/api/3/search/jql?jql=project%3DDEMO&fields=id&maxResults=100",
        headers={"Authorization": "Basic " + base64.b64encode(b"me@example.com:token").decode()},
    )
    with urllib.request.urlopen(request) as response:
        return len(json.load(response)["issues"])


@pytest.mark.parametrize("loss", ["deleted", "another database", "saved as CSV", "moved"])
def test_an_export_whose_state_was_lost_makes_no_second_set(tmp_path: Path, jira: dict[str, str], loss: str) -> None:
    wanted = [{**each, "id": str(number)} for number, each in enumerate(tickets(3), 1)]
    batch = write_batch(tmp_path, wanted)
    assert run("export", str(batch), "--pause", "0", env=jira).returncode == 0
    more: list[str] = []
    match loss:
        case "deleted":
            batch.with_name("batch.json.sqlite3").unlink()
        case "another database":
            more = ["--database", f"sqlite:///{tmp_path / 'other.db'}"]
        case "saved as CSV":
            batch = tmp_path / "batch.csv"
            rows = [f"{each['id']},{each['title']},<p>x" for each in wanted]
            batch.write_text("\n".join(["id,title,description_html", *rows]))
            more = ["--project", "DEMO"]
        case _:
            (tmp_path / "elsewhere").mkdir()
            batch = batch.rename(tmp_path / "elsewhere" / "batch.json")
    again = run("export", str(batch), "--pause", "0", *more, env=jira)
    assert again.returncode == 0, again.stderr
    assert "3 issues were in Jira already" in again.stderr
    assert issue_count(jira) == 3


def test_adopt_takes_over_and_creates_nothing(tmp_path: Path, jira: dict[str, str]) -> None:
    batch = write_batch(tmp_path, tickets(2))
    assert run("export", str(batch), "--pause", "0", env=jira).returncode == 0
    batch.with_name("batch.json.sqlite3").unlink()
    batch = write_batch(tmp_path, tickets(3))
    adopted = run_whole("adopt", str(batch), env=jira)
    assert adopted.returncode == 0, adopted.stderr
    assert "2 of 3 tickets have an issue in Jira; nothing was created." in adopted.stderr
    assert "DEMO-1" in adopted.stdout
    assert issue_count(jira) == 2
    known = run("adopt", str(batch), env=jira)
    assert known.returncode == 0, known.stderr
    assert run("export", str(batch), "--pause", "0", env=jira).returncode == 0
    assert issue_count(jira) == 3
    refused = run("adopt", str(batch), env=jira)
    assert refused.returncode == 1
    assert "exported the session itself" in refused.stderr


def test_export_prints_plain_lines_and_running_it_again_creates_nothing(tmp_path: Path, jira: dict[str, str]) -> None:
    wanted = tickets(3)
    wanted[1] |= {"depends_on": ["1"], "assignee": "nobody@nowhere.example"}
    batch = write_batch(tmp_path, wanted)
    first = run_whole("export", str(batch), "--pause", "0", env=jira)
    assert first.returncode == 0, first.stderr
    assert "3 created, 1 dependency, 1 manual fix" in first.stdout
    assert f"DEMO-1\t{jira['JIRA_BASE_URL']}/browse/DEMO-1\tTicket 1" in first.stdout
    assert "2/3 created DEMO-2 Ticket 2" in first.stderr
    assert "\x1b" not in first.stdout + first.stderr
    assert (tmp_path / "batch.json.sqlite3").exists()
    again = run_whole("export", str(batch), "--pause", "0", env=jira)
    assert again.returncode == 0
    assert "already" in again.stderr
    assert again.stdout.splitlines()[:3] == first.stdout.splitlines()[:3]
    status, page = get(f"{jira['JIRA_BASE_URL']}/browse/DEMO-2")
    assert status == 200
    assert "Ticket 2" in page


def test_tickets_added_later_are_exported_alone(tmp_path: Path, jira: dict[str, str]) -> None:
    batch = write_batch(tmp_path, tickets(2))
    assert run("export", str(batch), "--pause", "0", env=jira).returncode == 0
    write_batch(tmp_path, tickets(3))
    again = run("export", str(batch), "--pause", "0", env=jira)
    assert again.returncode == 0
    assert "2 of 3" in again.stderr
    assert "3 created" in again.stdout
    assert "DEMO-3" in again.stdout
    assert "DEMO-4" not in again.stdout


def test_json_is_one_document(tmp_path: Path, jira: dict[str, str]) -> None:
    batch = write_batch(tmp_path, tickets(1))
    done = run("export", str(batch), "--pause", "0", "--json", env=jira)
    assert done.returncode == 0
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [each["type"] for each in told] == ["progress", "issue", "end"]
    assert (told[1]["key"], told[1]["tickets_completed"], told[1]["tickets_total"]) == ("DEMO-1", 1, 1)
    assert told[2]["status"] == "completed"
    document = json.loads(done.stdout)
    assert document["status"] == "completed"
    assert document["jira_tickets"][0]["jira_key"] == "DEMO-1"
    status = json.loads(run_whole("status", str(batch), "--json", env=jira).stdout)
    assert status["jira_tickets_created"] == 1


def test_a_console_without_unicode_shows_what_it_can(tmp_path: Path, jira: dict[str, str]) -> None:
    batch = write_batch(tmp_path, [{"title": "漢字 → ✓ é", "priority": "Utmost"}])
    done = run_whole("export", str(batch), "--pause", "0", env={**jira, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert "?? ? ? ?" in done.stdout
    unknown = run_whole("status", "nothing", env={"PYTHONIOENCODING": "ascii"}, cwd=tmp_path)
    assert "-> List what there is" in unknown.stderr


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {each.name: (each.read_bytes(), each.stat().st_mtime_ns) for each in folder.iterdir()}


def test_a_dry_run_writes_nothing(tmp_path: Path, jira: dict[str, str]) -> None:
    batch = write_batch(tmp_path, [{"title": "Only", "priority": "Utmost"}])
    step = tmp_path.parent / f"{tmp_path.name}-step.md"
    before = contents(tmp_path)
    planned = run_whole("export", str(batch), "--dry-run", env=jira, cwd=tmp_path)
    assert planned.returncode == 0, planned.stderr
    assert "1 ticket for DEMO, 1 manual fix foreseen; ready to export" in planned.stdout
    assert "DEMO-1" not in get(f"{jira['JIRA_BASE_URL']}/")[1]
    assert contents(tmp_path) == before
    assert run("export", str(batch), "--pause", "0", env=jira).returncode == 0
    before = contents(tmp_path)
    assert set(before) == {"batch.json", "batch.json.sqlite3"}
    again = run("export", str(batch), "--dry-run", env={**jira, "GITHUB_STEP_SUMMARY": str(step)})
    assert again.returncode == 2
    assert "exported already" in again.stdout
    assert contents(tmp_path) == before
    assert step.read_text().startswith("## Jira export, dry run: not ready")


def test_ctrl_c_stops_between_two_steps_and_the_same_command_goes_on(tmp_path: Path, jira: dict[str, str]) -> None:
    batch = write_batch(tmp_path, tickets(12))
    process = start("export", str(batch), "--pause", "0.2", env=jira)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("3/12"):
            break
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert re.fullmatch(r"Stopped: \d+ of 12 tickets exported so far\.\n", printed)
    assert "\nRun the export command again" in errors
    assert "to go on where it stopped" in errors
    assert "Traceback" not in errors
    begun = time.monotonic()
    again = run("export", str(batch), "--pause", "0", env=jira)
    assert again.returncode == 0, again.stderr
    assert time.monotonic() - begun < 15
    assert "12 created" in again.stdout
    assert "DEMO-12" in again.stdout
    assert "DEMO-13" not in again.stdout


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({}, "JIRA_BASE_URL, JIRA_EMAIL, JIRA_API_TOKEN are not set"),
        ({**SETTINGS, "JIRA_BASE_URL": "your-site"}, "JIRA_BASE_URL='your-site' is no address"),
        ({**SETTINGS, "JIRA_BASE_URL": "http://127.0.0.1:9", "JSE_PAUSE_SECONDS": "soon"}, "JSE_PAUSE_SECONDS='soon'"),
    ],
)
def test_wrong_settings_are_one_message(tmp_path: Path, env: dict[str, str], message: str) -> None:
    done = run("export", str(write_batch(tmp_path, tickets(1))), env=env)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_unreachable_jira_is_one_message_and_can_be_tried_again(tmp_path: Path) -> None:
    env = {**SETTINGS, "JIRA_BASE_URL": "http://127.0.0.1:9"}
    done = run("export", str(write_batch(tmp_path, tickets(1))), env=env)
    assert done.returncode == 1
    assert "no connection could be made" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("{", "line 1"),
        ('{"project_key": "DEMO", "tickets": [{"titel": "x"}]}', "titel"),
        ('{"project_key": "DEMO", "tickets": []}', "ticket"),
    ],
)
def test_a_wrong_file_is_one_message(tmp_path: Path, content: str, message: str) -> None:
    batch = tmp_path / "batch.json"
    batch.write_text(content)
    done = run("export", str(batch), env={**SETTINGS, "JIRA_BASE_URL": "http://127.0.0.1:9"})
    assert done.returncode == 2
    assert "batch.json" in done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["batch.json"]


def test_a_file_that_is_not_there() -> None:
    done = run_whole("export", "nowhere.json", env={**SETTINGS, "JIRA_BASE_URL": "http://127.0.0.1:9"})
    assert done.returncode == 2
    assert "nowhere.json" in done.stderr


def test_wrong_use_is_told_with_the_usage() -> None:
    done = run_whole("export")
    assert done.returncode == 2
    assert "FILE" in done.stderr


def test_convert_prints_adf_and_what_was_lost() -> None:
    done = run_whole("convert", stdin="<h2>Hi</h2><a href='javascript:alert(1)'>go</a>")
    assert done.returncode == 0
    assert json.loads(done.stdout)["content"][0]["type"] == "heading"
    assert "javascript" in done.stderr
    assert run("convert", "--to", "text", "--markdown", stdin="# Hi").stdout.splitlines()[0] == "Hi"


def loaded_by(*arguments: str) -> set[str]:
    """The modules that a command has loaded when it ends."""
    program = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        "from jira_session_export._cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        input="# Hi",
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    return set(done.stderr.splitlines()[-1].split())


FOR_AN_EXPORT = {
    "httpx",
    "alembic",
    "jira_session_export._jira",
    "jira_session_export._testing",
}


def test_help_starts_without_what_the_commands_need() -> None:
    loaded = loaded_by("--help")
    assert "typer" in loaded
    assert not loaded & (
        FOR_AN_EXPORT | {"pydantic", "sqlalchemy", "yaml", "markdown_it", "asyncio", "jira_session_export.api"}
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("---\ntitle: A\nlabels: [x]\n---\n\nBody\n", "Body"),
        ("<!-- markdownlint-disable -->\n\n---\n# fields\ntitle: A\n---\n<!-- a\nb -->\nBody\n", "Body"),
        ("---\ntitle: A\n...\nBody\n", "Body"),
        ("---\n\nBetween rules\n\n---\n", "Between rules"),
        ("<!-- a -->\nBody\n", "Body"),
    ],
)
def test_front_matter_and_leading_comments_are_not_converted(source: str, text: str) -> None:
    assert run("convert", "--to", "text", "--markdown", stdin=source).stdout.strip("-\n") == text


def test_losses_name_the_lines_of_the_file() -> None:
    done = run("convert", "--markdown", stdin="---\ntitle: A\n---\n[a](javascript:x)")
    assert "line 4" in done.stderr


def test_convert_takes_what_a_host_may_choose() -> None:
    done = run(
        "convert", "--base-url", "https://example.com/a/", "--images", "link", "--heading-offset", "2",
        stdin="<h2>Hi</h2><a href='b'>go</a><img src='i.png' alt='c'>",
    )  # fmt: skip
    heading, line = json.loads(done.stdout)["content"]
    assert heading["attrs"] == {"level": 4}
    assert [text["marks"][0]["attrs"]["href"] for text in line["content"]] == [
        "https://example.com/a/b",
        "https://example.com/a/i.png",
    ]
    refused = run("convert", "--base-url", "example.com", stdin="x")
    assert refused.returncode == 2
    assert "it must begin with https://" in " ".join(refused.stderr.split())


def test_convert_takes_what_markdown_has_beyond_github() -> None:
    done = run(
        "convert", "--markdown", "--markdown-with", "hard-wraps", "--markdown-with", "emoji", "--markdown-with", "callouts",
        "--markdown-with", "mentions", "--smart-links", "https://e.atlassian.net",
        stdin=":::note\na :tada:\n[~accountid:ab] https://e.atlassian.net/browse/A-1\n:::",
    )  # fmt: skip
    (panel,) = json.loads(done.stdout)["content"]
    assert panel["type"] == "panel"
    (line,) = panel["content"]
    assert [part["type"] for part in line["content"]] == ["text", "emoji", "hardBreak", "mention", "text", "inlineCard"]
    assert run("convert", "--smart-links", "e.atlassian.net", stdin="x").returncode == 2


def test_convert_takes_line_ends_of_html_as_breaks() -> None:
    done = run("convert", "--line-breaks", stdin="<p>a\nb</p>")
    (line,) = json.loads(done.stdout)["content"]
    assert [part["type"] for part in line["content"]] == ["text", "hardBreak", "text"]


def test_convert_starts_without_database_and_client() -> None:
    loaded = loaded_by("convert", "--markdown")
    assert "jira_session_export._adf" in loaded
    assert not loaded & (FOR_AN_EXPORT | {"sqlalchemy", "yaml", "asyncio", "bs4", "jira_session_export.api"})


def test_status_starts_without_client_and_converter(tmp_path: Path) -> None:
    database = ("--database", f"sqlite:///{tmp_path / 'service.db'}")
    session = run_whole("load", str(write_batch(tmp_path, tickets(1))), *database).stdout.strip()
    loaded = loaded_by("status", session, *database)
    assert "sqlite3" in loaded
    assert not loaded & (FOR_AN_EXPORT | {"sqlalchemy", "yaml", "bs4", "markdown_it", "jira_session_export._adf"})


def test_what_a_command_lacks_is_one_message() -> None:
    program = "import sys; sys.modules['sqlalchemy'] = None; from jira_session_export._cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "status", str(uuid4()), "--database", "sqlite://"],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "The command needs sqlalchemy: install it with pip install 'jira-session-export[cli]'.\n"


def test_another_file_of_the_same_name_is_not_taken_for_the_first(tmp_path: Path, jira: dict[str, str]) -> None:
    database = f"sqlite:///{tmp_path / 'state.db'}"
    for folder, title in (("a", "Here"), ("b", "There")):
        (tmp_path / folder).mkdir()
        write_batch(tmp_path / folder, [{"id": "1", "title": title}])
    export = ("export", "--pause", "0", "--database", database)
    assert run(*export, str(tmp_path / "a" / "batch.json"), env=jira).returncode == 0
    other = run(*export, str(tmp_path / "b" / "batch.json"), env=jira)
    assert other.returncode == 2
    assert "--session NAME" in other.stderr
    named = run(*export, str(tmp_path / "b" / "batch.json"), "--session", "there", env=jira)
    assert "1 created" in named.stdout


def test_a_state_file_in_use_is_one_message(tmp_path: Path) -> None:
    first = start("fake-jira", "--port", "0", "--state", str(tmp_path / "state"))
    assert first.stdout is not None
    first.stdout.readline()
    second = run("fake-jira", "--port", "0", "--state", str(tmp_path / "state"))
    assert second.returncode == 2
    assert "Cannot keep Jira's state" in second.stderr
    assert "Traceback" not in second.stderr
    first.send_signal(signal.SIGTERM)
    assert first.communicate(timeout=20)[1] == ""
    assert first.returncode == 0


def test_a_fake_jira_with_limits_and_latency() -> None:
    wrong = run("fake-jira", "--burst", "POST")
    assert (wrong.returncode, "POST=5" in wrong.stderr) == (2, True)
    process = start("fake-jira", "--port", "0", "--burst", "GET=1", "--latency", "0.2")
    assert process.stdout is not None
    url = process.stdout.readline().split()[3].rstrip(";")
    began = time.monotonic()
    assert get(f"{url}/rest/api/3/serverInfo")[0] == 200
    assert time.monotonic() - began >= 0.2

    def ask_many_times() -> None:  # on a slow machine a second may pass between two requests
        for _ in range(20):
            get(f"{url}/rest/api/3/serverInfo")

    with pytest.raises(urllib.error.HTTPError, match="429"):
        ask_many_times()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)


def test_load_prints_the_session_id(tmp_path: Path) -> None:
    batch = write_batch(tmp_path, tickets(2))
    done = run("load", str(batch), "--database", f"sqlite:///{tmp_path / 'service.db'}")
    assert done.returncode == 0, done.stderr
    again = run("load", str(batch), "--database", f"sqlite:///{tmp_path / 'service.db'}", "--json")
    assert json.loads(again.stdout)["session_id"] == done.stdout.strip()


def test_validate_project(jira: dict[str, str]) -> None:
    done = run_whole("validate-project", "DEMO", env=jira)
    assert done.returncode == 0
    assert "valid" in done.stdout
    missing = run("validate-project", "NOPE", "--json", env=jira)
    assert missing.returncode == 3
    assert json.loads(missing.stdout)["validation_status"] == "invalid"

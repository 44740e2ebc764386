"""The commands in this process, against a FakeJira on a socket: what they find, print, write and refuse."""

import base64
import hashlib
import hmac
import io
import json
import sqlite3
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import typer.core
import typer.main
from tests.unit.cli.conftest import Command

from jira_session_export._cli.app import app

SETTINGS = {"JIRA_EMAIL": "me@example.com", "JIRA_API_TOKEN": "token", "JIRA_BASE_URL": "http://127.0.0.1:9"}


def write_batch(folder: Path, tickets: list[dict[str, object]], name: str = "batch.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"project_key": "DEMO", "tickets": tickets}))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


def test_later_commands_find_what_they_need(tmp_path: Path, jira: dict[str, str], run: Command) -> None:
    """No argument is repeated: the state file knows the sessions, their site, and how texts were converted."""
    batch = write_batch(tmp_path, [{"title": "Only", "priority": "Utmost", "description_html": "<h1>x</h1>"}])
    step, summary = tmp_path / "step.md", tmp_path / "summary.md"
    step.write_text("before\n")
    done = run(
        "export", batch.name, "--session", "one", "--pause", "0", "--fail-on-fixes", "--summary", summary.name,
        "--heading-offset", "2", env={**jira, "GITHUB_STEP_SUMMARY": str(step)},
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert summary.read_text().startswith("## Jira export: completed\n\n1 issue created, 0 dependencies, 1 manual fix")
    assert "| priority | Utmost |" in summary.read_text()
    assert step.read_text() == "before\n" + summary.read_text()
    assert "1 issue created" in run("status").stdout
    listed = json.loads(run("results", "one", "--json").stdout)
    assert (listed["manual_fixes"][0]["field"], listed["manual_fixes"][0]["asked_for"]) == ("priority", "Utmost")
    written = run("results", "batch.json.sqlite3", "-o", "r.csv")
    assert written.stdout == ""
    assert (tmp_path / "r.csv").read_text().splitlines()[0].startswith("record,key,title,url")
    assert run("export", batch.name, "--session", "two", "--pause", "0", env=jira).returncode == 0
    several = run("status")
    assert several.returncode == 2
    assert "There are 2 sessions here" in several.stderr
    assert "--newest" in several.stderr
    assert run("status", "--newest").returncode == 0
    (first, _) = json.loads(run("sessions", "--json").stdout)["sessions"]
    assert (first["name"], first["site"], first["exported"]) == ("two", jira["JIRA_BASE_URL"], 1)
    elsewhere = {**jira, "JIRA_BASE_URL": jira["JIRA_BASE_URL"].replace("127.0.0.1", "localhost")}
    refused = run("export", batch.name, "--session", "two", "--pause", "0", env=elsewhere)
    assert refused.returncode == 2
    assert f"1 ticket of this session is on {jira['JIRA_BASE_URL']} already" in refused.stderr
    moved = run("export", batch.name, "--session", "two", "--site-moved", "--pause", "0", env=elsewhere)
    assert moved.returncode == 0, moved.stderr
    assert "nothing to cancel" in run("cancel", "two").stderr


def test_a_retry_converts_as_the_export_did(tmp_path: Path, jira: dict[str, str], run: Command) -> None:
    batch = write_batch(tmp_path, [{"id": "1", "title": "A", "description_html": "<h1>x</h1>"}])
    strict = {**jira, "JSE_REQUIRES_ASSIGNEE": "true"}
    failed = run("export", batch.name, "--heading-offset", "2", "--pause", "0", env=strict)
    assert failed.returncode == 1, failed.stderr
    retried = run("retry", "--pause", "0", env=jira)
    assert retried.returncode == 0, retried.stderr
    (issue,) = json.loads(run("results", "--json").stdout)["jira_tickets"]
    request = urllib.request.Request(
        f"{jira['JIRA_BASE_URL']}/rest/api/3/issue/{issue['jira_key']}?fields=description",
        headers={"Authorization": "Basic " + base64.b64encode(b"me@example.com:token").decode()},
    )
    with urllib.request.urlopen(request) as response:
        assert json.load(response)["fields"]["description"]["content"][0]["attrs"]["level"] == 3


def test_a_wrong_state_file_is_one_message_that_says_what_helps(tmp_path: Path, run: Command) -> None:
    batch = write_batch(tmp_path, [{"title": "A"}])
    text, newer = tmp_path / "notes.txt", tmp_path / "newer.sqlite3"
    text.write_text("no database at all, but words")
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("CREATE TABLE export_alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO export_alembic_version VALUES ('9999')")
    for address, problem in (
        (tmp_path / "missing" / "a.db", "The folder"),
        (tmp_path, "is a folder, not a state file"),
        (text, "it is no SQLite database"),
        (newer, "was written by a newer version"),
    ):
        before = contents(newer.parent) if address is not tmp_path else {}
        for command in (("export", str(batch)), ("status", str(batch))):
            done = run(
                *command, "--database", f"sqlite:///{address}", env={**SETTINGS, "JIRA_BASE_URL": "http://127.0.0.1:9"}
            )
            assert done.returncode == 2, done.stderr
            assert problem in done.stderr
            assert "--database" in done.stderr
            assert "Traceback" not in done.stderr
        assert not before or contents(newer.parent) == before


def test_every_help_shows_an_example_and_readable_names() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    context = group.context_class(group, info_name="jira-session-export")
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        shown = command.get_help(group.context_class(command, info_name=name, parent=context))
        assert f"jira-session-export {name}" in shown.partition("Examples:")[2], name
        for word in (" TEXT", "INTEGER", "FLOAT", " PATH", "<list[", "DIRECTORY"):
            assert word not in shown, (name, word)


class Receiver(BaseHTTPRequestHandler):
    """Takes webhooks, or refuses them when the path says so."""

    taken: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(404 if self.path == "/gone" else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    Receiver.taken.clear()
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_end_of_an_export_is_told(tmp_path: Path, jira: dict[str, str], run: Command, receiver: str) -> None:
    batch = write_batch(tmp_path, [{"title": "Only"}])
    secret = "a secret of the receiver's"
    done = run(
        "export", batch.name, "--session", "told", "--webhook", f"{receiver}/hook", "--on-finish", "cat > told.json",
        env={**jira, "JSE_WEBHOOK_SECRET": secret},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ((headers, body),) = Receiver.taken
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert json.loads((tmp_path / "told.json").read_text()) == json.loads(body)
    assert json.loads(body)["data"]["status"] == "completed"


def test_a_receiver_that_refuses_changes_no_exit_code(
    tmp_path: Path, jira: dict[str, str], run: Command, receiver: str
) -> None:
    batch = write_batch(tmp_path, [{"title": "Only"}])
    env = {**jira, "JSE_WEBHOOK_URL": f"{receiver}/gone", "JSE_ON_FINISH": "exit 7"}
    done = run("export", batch.name, "--session", "refused", "--json", env=env)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stderr.splitlines()]
    logged = [each["message"] for each in told if each["type"] == "log"]
    assert any("it answered 404" in line for line in logged)
    assert any("it ended with 7" in line for line in logged)
    assert "/gone" not in done.stderr
    wrong = run("export", batch.name, "--webhook", "http://hooks.example.com/T0KEN", env=jira)
    assert wrong.returncode == 2
    assert "T0KEN" not in wrong.stderr


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_a_batch_may_come_from_standard_input(
    tmp_path: Path, jira: dict[str, str], run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "Summary;Prio\nOnly;P1\n"
    (tmp_path / "mapping.yaml").write_text(
        "columns: {Summary: title, Prio: priority}\nvalues: {priority: {P1: Highest}}\n"
    )
    asked = ("export", "-", "--project", "DEMO", "--pause", "0")
    told = ("--format", "csv", "--mapping", "mapping.yaml", "--default", "labels=one,two")
    typed(monkeypatch, rows)
    assert "--session NAME" in run(*asked, *told, env=jira).stderr
    typed(monkeypatch, rows)
    assert "needs a format" in run(*asked, "--session", "in", env=jira).stderr
    typed(monkeypatch, rows)
    wrong = run(*asked, *told, "--session", "in", "--default", "labels", env=jira)
    assert (wrong.returncode, "is not FIELD=VALUE" in wrong.stderr) == (2, True)
    assert {path.name for path in tmp_path.iterdir()} == {"mapping.yaml"}
    for _ in range(2):
        typed(monkeypatch, rows)
        done = run(*asked, *told, "--session", "in/put", env=jira)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "in_put.sqlite3").is_file()
    (issue,) = json.loads(run("results", "in/put", "--json").stdout)["jira_tickets"]
    request = urllib.request.Request(
        f"{jira['JIRA_BASE_URL']}/rest/api/3/issue/{issue['jira_key']}?fields=labels,priority",
        headers={"Authorization": "Basic " + base64.b64encode(b"me@example.com:token").decode()},
    )
    with urllib.request.urlopen(request) as response:
        fields = json.load(response)["fields"]
    assert set(fields["labels"]) > {"one", "two"}
    assert fields["priority"]["name"] == "Highest"


def test_what_is_not_there_is_told_with_what_is(tmp_path: Path, run: Command) -> None:
    batch = write_batch(tmp_path, [{"title": "A"}])
    assert "no state file (*.sqlite3) in this folder" in run("status").stderr
    assert run("load", batch.name, "--database", "sqlite:///all.sqlite3", "--session", "one").returncode == 0
    assert run("load", batch.name, "--database", "sqlite:///all.sqlite3", "--session", "two").returncode == 0
    assert "no session of three here" in run("status", "--session", "three").stderr
    assert "no session of three here" in run("results", "three").stderr
    several = run("status")
    assert "There are 2 sessions here" in several.stderr
    assert "one → DEMO: not started, 0 of 1 ticket" in several.stderr
    assert "has not been exported yet" in run("status", "one").stderr
    assert "says no format" in run("results", "one", "-o", "r.xlsx").stderr
    assert len(run("sessions", "--format", "csv").stdout.splitlines()) == 3
    assert run("status", batch.name, "--database", "sqlite:///all.sqlite3").returncode == 2


def test_a_description_that_cannot_be_read_is_told_in_words(tmp_path: Path, run: Command) -> None:
    missing = run("convert", "missing.md")
    assert (missing.returncode, "missing.md cannot be read: No such file or directory." in missing.stderr) == (2, True)
    assert "Errno" not in missing.stderr
    (tmp_path / "latin.html").write_bytes(b"<p>caf\xe9</p>")
    latin = run("convert", "latin.html")
    assert (latin.returncode, "latin.html is not UTF-8 text (byte 7)." in latin.stderr) == (2, True)
    assert "Save it as UTF-8." in latin.stderr

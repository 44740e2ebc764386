"""The way out of every state: leaving a ticket out, releasing a session, telling edits, a second set on purpose."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Command
from tests.unit.cli.test_commands import write_batch

from jira_session_export.testing import FakeJira

GOOD = [{"id": "a", "title": "First"}, {"id": "b", "title": "Second"}, {"id": "c", "title": "Third"}]


@pytest.fixture
def fake(server: tuple[FakeJira, str]) -> FakeJira:
    jira = server[0]
    for key in list(jira.issues):
        jira._site.delete_issue(jira.issues[key])
    return jira


def bad(field: str = "issue_type", value: str = "Nonsense") -> list[dict[str, object]]:
    return [GOOD[0], {**GOOD[1], field: value}, GOOD[2]]


@pytest.mark.parametrize("word", ["b", "2", "second"])
def test_a_ticket_is_left_out_by_any_of_its_names(
    tmp_path: Path, jira: dict[str, str], fake: FakeJira, run: Command, word: str
) -> None:
    batch = write_batch(tmp_path, bad())
    refused = run("export", batch.name, "--pause", "0", env=jira)
    assert (refused.returncode, "Nonsense" in refused.stderr) == (2, True)
    planned = run("export", batch.name, "--dry-run", "--skip", word, env=jira)
    assert (planned.returncode, "not exported: 2. Second: It was left out." in planned.stdout) == (0, True)
    done = run("export", batch.name, "--pause", "0", "--skip", word, env=jira)
    assert done.returncode == 0, done.stderr
    assert "left-out 2\tSecond\tIt was left out." in done.stdout
    assert "1 ticket was left out" in run("status").stdout
    assert len(fake.issues) == 2
    write_batch(tmp_path, GOOD)
    again = run("export", batch.name, "--pause", "0", "--only", word, env=jira)
    assert (again.returncode, len(fake.issues)) == (0, 3), again.stderr


def test_a_ticket_that_is_not_there_or_may_be_two(tmp_path: Path, run: Command) -> None:
    batch = write_batch(tmp_path, [{"id": "2", "title": "First"}, {"id": "1", "title": "Second"}])
    settings = {"JIRA_EMAIL": "e", "JIRA_API_TOKEN": "t", "JIRA_BASE_URL": "http://127.0.0.1:9"}
    missing = run("export", batch.name, "--skip", "Secand", env=settings)
    assert (missing.returncode, "Did you mean 'Second'?" in missing.stderr) == (2, True)
    double = run("export", batch.name, "--skip", "1", env=settings)
    assert (double.returncode, "may be ticket 1 (First) or ticket 2 (Second)" in double.stderr) == (2, True)


def test_edits_are_told_and_nothing_is_sent(tmp_path: Path, jira: dict[str, str], fake: FakeJira, run: Command) -> None:
    batch = write_batch(tmp_path, GOOD)
    assert run("export", batch.name, "--pause", "0", env=jira).returncode == 0
    write_batch(tmp_path, [{**GOOD[0], "labels": ["new"]}, {**GOOD[1], "title": "Renamed"}])
    again = run("export", batch.name, "--pause", "0", env=jira)
    assert again.returncode == 0
    assert "2 were edited since and 1 was removed from the session since; nothing was sent." in again.stderr
    lines = run("results").stdout.splitlines()
    assert "edited DEMO-" in lines[3]
    assert [line.split("\t")[1:3] for line in lines[3:6]] == [["labels", "First"], ["title", "Second"], ["", "Third"]]
    listed = json.loads(run("results", "--json").stdout)
    assert [each["change"] for each in listed["jira_tickets"]] == ["edited", "edited", "removed"]
    assert (listed["tickets_edited"], listed["tickets_removed"]) == (2, 1)
    assert "2 exported tickets were edited and 1 exported ticket was removed" in run("status").stdout
    assert len(fake.issues) == 3


def test_a_second_set_on_purpose(tmp_path: Path, jira: dict[str, str], fake: FakeJira, run: Command) -> None:
    batch = write_batch(tmp_path, GOOD)
    for _ in range(2):
        assert run("export", batch.name, "--pause", "0", env=jira).returncode == 0
        assert run("export", batch.name, "--pause", "0", "--copy", "two", env=jira).returncode == 0
    assert len(fake.issues) == 6
    (tmp_path / "batch.json.sqlite3").unlink()
    planned = run("export", batch.name, "--dry-run", "--copy", "two", env=jira)
    assert "Jira has 3 issues of this session" in planned.stdout
    assert "--copy NAME" in planned.stdout
    assert run("export", batch.name, "--pause", "0", "--copy", "two", env=jira).returncode == 0
    assert len(fake.issues) == 6  # the copy's own issues were adopted, not those of the first set
    assert "batch (copy two)" in run("sessions").stdout


def test_the_label_of_a_session(tmp_path: Path, jira: dict[str, str], fake: FakeJira, run: Command) -> None:
    batch = write_batch(tmp_path, GOOD)
    run("export", batch.name, "--pause", "0", env=jira)
    label, jql, *keys = run("results", "--label").stdout.splitlines()
    assert label.startswith("export-")
    assert jql == f'project = "DEMO" AND labels = "{label}" ORDER BY created ASC'
    assert keys == list(fake.issues)
    told = json.loads(run("results", "--label", "--json").stdout)
    assert (told["label"], told["jql"], told["keys"]) == (label, jql, keys)


def test_the_audit_trail_says_who_released(tmp_path: Path, jira: dict[str, str], fake: FakeJira, run: Command) -> None:
    batch = write_batch(tmp_path, GOOD)
    assert run("export", batch.name, "--pause", "0", env=jira).returncode == 0
    refused = run("release", "--by", "Maria")
    assert (refused.returncode, "did not fail" in refused.stderr) == (1, True)
    with closing(sqlite3.connect(tmp_path / "batch.json.sqlite3")) as state, state:
        failure = json.dumps({"category": "temporary", "code": "x", "message": "No.", "recovery_actions": ["Wait."]})
        state.execute(
            "UPDATE sessions SET status = 'export_failed', export_retry_count = 4, export_failure = ?", (failure,)
        )
    assert "release it: jira-session-export release" in run("status").stderr
    exhausted = run("export", batch.name, "--pause", "0", env=jira)
    assert exhausted.returncode == 3
    assert "Release the session to retry it again." in exhausted.stderr
    assert "Release it: jira-session-export release" in exhausted.stderr
    assert "ontact" not in exhausted.stderr  # whoever reads it is the administrator
    done = run("release", "--by", "Maria", "--json")
    assert (done.returncode, json.loads(done.stdout)["retry_available"]) == (0, True), done.stderr
    with closing(sqlite3.connect(tmp_path / "batch.json.sqlite3")) as state:
        (told,) = state.execute("SELECT data FROM export_journal WHERE kind = 'session_released'").fetchall()
    assert json.loads(told[0]) == {"by": "Maria"}
    assert run("export", batch.name, "--pause", "0", env=jira).returncode == 0


def test_a_cleanup_is_dry_unless_it_is_said(tmp_path: Path, jira: dict[str, str], fake: FakeJira, run: Command) -> None:
    batch = write_batch(tmp_path, GOOD)
    assert run("export", batch.name, "--pause", "0", env=jira).returncode == 0
    assert run("export", batch.name, "--pause", "0", "--copy", "two", env=jira).returncode == 0
    first = list(fake.issues)[:3]
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    shown = run("cleanup", batch.name, env=jira)
    assert (shown.returncode, len(fake.issues)) == (0, 6), shown.stderr
    assert [line.split("\t") for line in shown.stdout.splitlines()] == [
        [key, "To Do", each["title"], "to be deleted"] for key, each in zip(first, GOOD, strict=True)
    ]
    assert "the same command with --yes" in shown.stderr
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before
    done = run("cleanup", batch.name, "--yes", "--by", "Maria", "--json", env=jira)
    assert done.returncode == 0, done.stderr
    assert {each["outcome"] for each in json.loads(done.stdout)["issues"]} == {"deleted"}
    assert len(fake.issues) == 3, "the copy is another session"
    again = run("export", batch.name, "--pause", "0", env=jira)
    assert (again.returncode, len(fake.issues)) == (0, 6), again.stderr


def test_a_cleanup_without_a_state(tmp_path: Path, jira: dict[str, str], fake: FakeJira, run: Command) -> None:
    batch = write_batch(tmp_path, GOOD)
    assert run("export", batch.name, "--pause", "0", env=jira).returncode == 0
    session_id = json.loads(run("results", "--json").stdout)["session_id"]
    (tmp_path / "batch.json.sqlite3").unlink()
    by_id = run("cleanup", session_id, "--project", "DEMO", env=jira)
    assert (by_id.returncode, by_id.stdout.count("to be deleted")) == (0, 3), by_id.stderr
    assert run("cleanup", session_id, env=jira).returncode == 2, "nothing says which project"
    done = run("cleanup", batch.name, "--yes", env=jira)
    assert (done.returncode, len(fake.issues)) == (0, 0), done.stderr
    with closing(sqlite3.connect(tmp_path / "batch.json.sqlite3")) as state:
        kinds = [kind for (kind,) in state.execute("SELECT kind FROM export_journal ORDER BY id")]
    assert kinds == ["cleanup_started", *["issue_deleted"] * 3, "cleanup_ended"]
    again = run("export", batch.name, "--pause", "0", env=jira)
    assert (again.returncode, len(fake.issues)) == (0, 3), again.stderr


def test_a_file_of_the_same_name_and_ids_is_not_taken_for_exported_silently(
    tmp_path: Path, jira: dict[str, str], fake: FakeJira, run: Command
) -> None:
    batch = write_batch(tmp_path, GOOD)
    assert run("export", batch.name, "--pause", "0", env=jira).returncode == 0
    (tmp_path / "batch.json.sqlite3").unlink()
    write_batch(tmp_path, [{"id": "a", "title": "Pears"}, *GOOD[1:]])
    planned = run("export", batch.name, "--dry-run", env=jira)
    key = next(iter(fake.issues))
    assert f"{key} has another title in Jira than in this session" in planned.stdout
    done = run("export", batch.name, "--pause", "0", env=jira)
    assert (done.returncode, len(fake.issues)) == (0, 3), done.stderr
    assert f"{key} has another title in Jira than in this session" in done.stderr
    own = run("export", batch.name, "--pause", "0", "--session", "pears", env=jira)
    assert (own.returncode, len(fake.issues)) == (0, 6), own.stderr


def test_a_cleanup_knows_the_project_of_what_was_exported(
    tmp_path: Path, jira: dict[str, str], fake: FakeJira, run: Command
) -> None:
    batch = tmp_path / "rows.csv"
    batch.write_text("title\nFirst\nSecond\n")
    unknown = run("cleanup", batch.name, env=jira)
    assert (unknown.returncode, "names no Jira project" in unknown.stderr) == (2, True)
    assert run("export", batch.name, "--project", "DEMO", "--pause", "0", env=jira).returncode == 0
    batch.write_text("title,nonsense\nFirst,x\n")
    shown = run("cleanup", batch.name, env=jira)
    assert (shown.returncode, shown.stdout.count("to be deleted")) == (0, 2), shown.stderr
    assert (run("cleanup", batch.name, "--yes", env=jira).returncode, len(fake.issues)) == (0, 0)


def test_a_mistyped_project_makes_nobody_choose_later(
    tmp_path: Path, jira: dict[str, str], fake: FakeJira, run: Command
) -> None:
    batch = tmp_path / "rows.csv"
    batch.write_text("title\nFirst\n")
    assert run("export", batch.name, "--project", "NOPE", "--pause", "0", env=jira).returncode == 2
    assert "not been exported yet" in run("status", batch.name).stderr
    assert run("export", batch.name, "--project", "DEMO", "--pause", "0", env=jira).returncode == 0
    assert run("status", batch.name).stdout.startswith("Completed: 1 issue created")
    assert run("status").returncode == 0
    assert run("status", batch.name, "--project", "NOPE").returncode == 2, "it is still there for whoever asks for it"


def test_a_session_in_two_files_is_chosen_by_its_file(
    tmp_path: Path, jira: dict[str, str], fake: FakeJira, run: Command
) -> None:
    for name in ("plan.csv", "plan.tsv"):
        (tmp_path / name).write_text("title\nFirst\n")
        assert run("export", name, "--project", "DEMO", "--pause", "0", env=jira).returncode == 0
    refused = run("status")
    assert (refused.returncode, "Say it with its batch file, --session NAME" in refused.stderr) == (2, True)
    assert "plan.csv.sqlite3" in refused.stderr
    assert run("status", "plan.tsv").returncode == 0


def test_results_of_an_export_that_is_not_done_say_so(
    tmp_path: Path, jira: dict[str, str], fake: FakeJira, run: Command
) -> None:
    batch = write_batch(tmp_path, bad("priority", "High"))
    assert run("export", batch.name, "--pause", "0", env=jira).returncode == 0
    assert "Not complete" not in run("results").stderr
    with closing(sqlite3.connect(tmp_path / "batch.json.sqlite3")) as state, state:
        state.execute("UPDATE sessions SET status = 'exporting'")
    words = "Not complete: 3 of 3 tickets exported so far."
    assert words in run("results").stderr
    assert words in run("results", "--format", "markdown").stdout
    assert words not in run("results", "-q").stderr


def test_the_demo_in_a_place_that_keeps_nothing(tmp_path: Path, run: Command) -> None:
    (tmp_path / "taken").write_text("x")
    refused = run("demo", "--folder", "taken")
    assert (refused.returncode, "The demo cannot keep its state in taken" in refused.stderr) == (2, True)
    assert "--folder FOLDER" in refused.stderr

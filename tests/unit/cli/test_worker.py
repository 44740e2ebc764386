"""What keeps `worker` from starting is told in a sentence, with what to do."""

import sys

import pytest

from .conftest import Command

JIRA = {"JIRA_BASE_URL": "https://x.example", "JIRA_EMAIL": "me@example.com", "JIRA_API_TOKEN": "token"}
POSTGRES = "postgresql://127.0.0.1:1/exports"


@pytest.mark.parametrize(
    ("env", "options", "code", "message"),
    [
        ({}, ["--database", POSTGRES], 2, "JIRA_BASE_URL, JIRA_EMAIL, JIRA_API_TOKEN are not set"),
        (JIRA, [], 2, "There is no database: neither --database nor JSE_DATABASE_URL is set"),
        (
            JIRA,
            ["--database", "sqlite:///x.db"],
            2,
            "Workers take a PostgreSQL database, for its queue; sqlite is none",
        ),
        (JIRA, ["--database", POSTGRES], 1, "The database of the queue did not answer: "),
        ({**JIRA, "JSE_LEASE_SECONDS": "soon"}, ["--database", POSTGRES], 2, "JSE_LEASE_SECONDS='soon'"),
        (JIRA, ["--concurrency", "0"], 2, "--concurrency"),
    ],
)
def test_setups(run: Command, env: dict[str, str], options: list[str], code: int, message: str) -> None:
    done = run("worker", *options, env=env)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in " ".join(done.stderr.split())


def test_without_the_extra(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "procrastinate", None)
    done = run("worker", "--database", POSTGRES, env=JIRA)
    assert done.returncode == 2
    assert "Workers and their queue need procrastinate, which is not installed." in done.stderr
    assert "pip install 'jira-session-export[cli,distributed]'" in done.stderr

"""Every error of ours: can be made, travels between processes, tells who can do what."""

import pickle
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from jira_session_export import errors
from jira_session_export._values import ErrorCategory, Failure, Refusal
from jira_session_export.errors import JiraSessionExportError

SESSION = UUID("11111111-1111-4111-8111-111111111111")
TICKET = UUID("22222222-2222-4222-8222-222222222222")
AT = datetime(2026, 10, 2, 9, 30, tzinfo=UTC)
FAILURE = Failure(ErrorCategory.TEMPORARY, "jira_unreachable", "Jira is away.", ("Try later.",))
REFUSAL = Refusal(400, {"priority": "x"}, ("no",), "1f2e")


def tree(kind: type[JiraSessionExportError]) -> Iterator[type[JiraSessionExportError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree(child)


KINDS = list(tree(JiraSessionExportError))

# The facts of each branch; a class takes those of the nearest class above it that is named here.
FACTS: dict[type[JiraSessionExportError], tuple[tuple[Any, ...], dict[str, Any]]] = {
    JiraSessionExportError: (("It went wrong.",), {}),
    errors.BatchFileError: (("no tickets",), {"path": "batch.yaml", "where": "ticket 3"}),
    errors.DocumentTooLargeError: ((), {"length": 3_000_000, "limit": 2_000_000}),
    errors.DependencyError: (("A cycle.",), {"tickets": [SESSION, TICKET]}),
    errors.TicketError: (("It lacks a summary.",), {"ticket_id": TICKET, "field": "title"}),
    errors.SessionError: (("It is not ready.",), {"session_id": SESSION}),
    errors.SessionNotFoundError: ((), {"session_id": SESSION}),
    errors.RetryTooEarlyError: (
        ("Jira has asked to wait.",),
        {"session_id": SESSION, "retry_not_before": AT, "retry_after": timedelta(seconds=7)},
    ),
    errors.RetriesExhaustedError: ((), {"session_id": SESSION, "retry_attempts_used": 3, "first_error_at": AT}),
    errors.ExportFailedError: ((FAILURE,), {"session_id": SESSION, "ticket_order": 3, "retry_available": True}),
    errors.ExportStoppedError: ((), {"session_id": SESSION, "cancelled": True}),
    errors.JiraError: (("Jira failed.",), {"operation": "POST /rest/api/3/issue", "trace_id": "1f2e"}),
    errors.RateLimitedError: (
        ("Too many requests.",),
        {
            "operation": "POST /rest/api/3/issue",
            "retry_after": timedelta(seconds=7),
            "retry_not_before": AT,
            "reason": "jira-burst-based",
        },
    ),
    errors.RefusedError: (("Jira refused.",), {"operation": "POST /rest/api/3/issue", "refusal": REFUSAL}),
    errors.AttachmentError: (("it is not there",), {"path": "shot.png", "place": "the folder /srv/files"}),
    errors.CreateUndecidedError: (("Not decided.",), {"ticket_id": TICKET, "jql": "project = PAY"}),
}


def made(kind: type[JiraSessionExportError]) -> JiraSessionExportError:
    args, facts = next(FACTS[base] for base in kind.__mro__ if base in FACTS)
    return kind(*args, **facts)


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_went_wrong_who_can_do_something_and_what(kind: type[JiraSessionExportError]) -> None:
    error = made(kind)
    assert str(error) == error.user_message != ""
    assert error.category in ErrorCategory
    assert error.recovery_actions
    assert all(action[0].isupper() for action in error.recovery_actions)
    assert kind.__doc__


@pytest.mark.parametrize("kind", KINDS)
def test_it_travels_between_processes_with_all_its_facts(kind: type[JiraSessionExportError]) -> None:
    error = made(kind)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert vars(copy) == vars(error)
    assert copy.args == error.args
    assert copy.category is error.category


def test_codes_are_unique_words() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(codes) == len(set(codes))
    assert all(code.replace("_", "").isalpha() and code.islower() for code in codes)


def test_the_tree_on_top_of_the_module_names_every_error() -> None:
    drawn = {line.strip(" │├└─").split()[0] for line in (errors.__doc__ or "").splitlines() if "Error" in line}
    assert {kind.__name__ for kind in KINDS} <= drawn


def test_a_case_may_be_told_apart_from_its_class() -> None:
    error = errors.NotSentError("x", operation="o", category=ErrorCategory.ADMIN_REQUIRED, recovery_actions=["Do it."])
    copy = pickle.loads(pickle.dumps(error))
    assert copy.category is ErrorCategory.ADMIN_REQUIRED
    assert copy.recovery_actions == ("Do it.",)
    assert errors.NotSentError("x", operation="o").category is ErrorCategory.TEMPORARY


def test_an_error_that_nobody_catches_tells_what_to_do() -> None:
    error = errors.NotSentError("Jira is away.", operation="o", recovery_actions=["Look at the network.", "Retry."])
    shown = "".join(traceback.format_exception(error))
    assert shown.splitlines()[-3:] == [
        "jira_session_export.errors.NotSentError: Jira is away.",
        "→ Look at the network.",
        "→ Retry.",
    ]


def test_what_is_foreign_in_a_message_cannot_speak_to_a_terminal() -> None:
    error = errors.InputError("no file 'a\x1b[2J\u202eb\0'\nsecond line", recovery_actions=["rename \x9bit"])
    assert str(error) == error.user_message == "no file 'a\\x1b[2J\\u202eb\\x00'\nsecond line"
    assert error.recovery_actions == ("rename \\x9bit",)

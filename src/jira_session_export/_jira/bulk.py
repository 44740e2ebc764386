"""Reads what Jira answers to a bulk create: some issues made, some refused, each in its place.

Jira answers 201 when it has made at least one issue, and 400 with the same body when it has made none. `issues` lists
the issues that were made, in the order they were sent; `errors` names the others by `failedElementNumber`, from 0.

An error's own status is that of a create of this issue alone: at 429 it was not made, and may be sent again after a
pause. How long is told, if at all, by the headers of the whole answer.

Source: `POST /rest/api/3/issue/bulk` in https://developer.atlassian.com/cloud/jira/platform/rest/v3/ (October 2026).
"""

import json
from collections.abc import Callable
from datetime import datetime

from jira_session_export._jira.answers import read_answer
from jira_session_export._jira.http import HttpResponse
from jira_session_export._jira.operation import Operation
from jira_session_export._jira.ratelimit import read_rate_limit
from jira_session_export._jira.translate import error_from_answer, error_from_unreadable_answer, trace_id_of
from jira_session_export._jira.wire import Created, CreatedIssues, FailedCreate
from jira_session_export._values import CreatedIssue
from jira_session_export._wording import counted
from jira_session_export.errors import JiraError


def read_bulk(
    response: HttpResponse,
    *,
    sent: int,
    operation: Operation,
    single: Operation,
    browse_url: Callable[[str], str],
    now: Callable[[], datetime],
) -> tuple[CreatedIssue | JiraError, ...]:
    """What became of each issue of a bulk, in the order they were sent.

    Args:
        sent: how many there were.
        operation: the bulk create.
        single: the create of one issue, which the errors of single issues are about.
        now: the time, aware; what the answer says of a pause is compared with it.

    Raises:
        ValueError: it is no such answer.
        OutcomeUnknownError: issues were made, but the answer does not say which.
    """
    try:
        answer = read_answer(CreatedIssues, response)
    except ValueError as exc:
        # Jira answers 4xx when it has made none. An answer that names some must not be taken for that,
        # however odd the rest of it is: they would be created once more.
        if _names_issues(response):
            raise error_from_unreadable_answer(operation, response.status, response.headers) from exc
        raise
    failed = {each.failed_element_number: each for each in answer.errors}
    fits = (
        len(answer.issues) + len(failed) == sent
        and len(failed) == len(answer.errors)
        and len({each.id for each in answer.issues}) == len({each.key for each in answer.issues}) == len(answer.issues)
    )
    if not fits or not failed.keys() <= set(range(sent)):
        if answer.issues:
            raise error_from_unreadable_answer(operation, response.status, response.headers)
        message = f"{counted(len(answer.errors), 'error')} for {counted(sent, 'issue')}"
        raise ValueError(message)
    made = iter(answer.issues)
    trace_id = trace_id_of(response.headers)

    def outcome(number: int) -> CreatedIssue | JiraError:
        if number in failed:
            return _error(failed[number], response, single, now)
        issue: Created = next(made)
        return CreatedIssue(issue.id, issue.key, browse_url(issue.key), trace_id)

    return tuple(outcome(number) for number in range(sent))


def _names_issues(response: HttpResponse) -> bool:
    try:
        answer = json.loads(response.body)
    except (ValueError, RecursionError):
        return False
    issues = answer.get("issues") if isinstance(answer, dict) else None
    return isinstance(issues, list) and any(issues)


def _error(failed: FailedCreate, response: HttpResponse, single: Operation, now: Callable[[], datetime]) -> JiraError:
    """The error of one issue, as if it had been sent alone."""
    # Jira writes the status twice; one that is no error's says nothing of an issue that was not made.
    told = (failed.status, failed.element_errors.get("status"))
    status = next((each for each in told if isinstance(each, int) and each >= 400), 400)
    body = json.dumps(failed.element_errors).encode()
    trace = {name: value for name, value in response.headers.items() if name in _TRACE}
    return error_from_answer(single, status, trace, body, read_rate_limit(response.headers, now()))


_TRACE = frozenset({"atl-traceid", "atl-request-id", "x-arequestid"})

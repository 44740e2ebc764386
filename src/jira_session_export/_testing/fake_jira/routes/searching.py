"""Search by JQL, over the index."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from jira_session_export._testing.fake_jira.entities import FakeIssue
from jira_session_export._testing.fake_jira.exchange import Answer, Refused
from jira_session_export._testing.fake_jira.jql import JqlError, Query, parse
from jira_session_export._testing.fake_jira.routing import READ_WORK, Call, Routes

API = Routes("/rest/api/{version}")

_PAGE_LIMIT = 100
_PAGE_LIMIT_FOR_IDS = 5000
_RECONCILE_LIMIT = 50
_PROPERTIES_LIMIT = 5
_TOKEN_LIFE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Search:
    jql: str
    token: str | None
    size: int
    fields: list[str] = field(default_factory=list)
    properties: list[str] = field(default_factory=list)
    reconcile: list[str] = field(default_factory=list)
    expand: list[str] = field(default_factory=list)


@API("GET", "/search/jql", is_open=True)
def search(call: Call) -> Answer:
    """Issues found by a query, page by page."""
    return _answer(
        call,
        _Search(
            jql=call.param("jql") or "",
            token=call.param("nextPageToken"),
            size=call.int_param("maxResults", 50),
            fields=call.list_param("fields"),
            properties=call.list_param("properties"),
            reconcile=call.list_param("reconcileIssues"),
            expand=call.list_param("expand"),
        ),
    )


@API("POST", "/search/jql", READ_WORK, is_open=True)
def search_by_post(call: Call) -> Answer:
    """The same, asked for in a body."""
    body = call.object
    size = body.get("maxResults", 50)
    lists = {name: body.get(name) or [] for name in ("fields", "properties", "reconcileIssues")}
    if not isinstance(size, int) or not all(isinstance(each, list) for each in lists.values()):
        raise Refused(400, call.site.say("payload_invalid"))
    return _answer(
        call,
        _Search(
            jql=str(body.get("jql") or ""),
            token=body.get("nextPageToken"),
            size=size,
            fields=[str(each) for each in lists["fields"]],
            properties=[str(each) for each in lists["properties"]],
            reconcile=[str(each) for each in lists["reconcileIssues"]],
            expand=str(body.get("expand") or "").split(","),
        ),
    )


@API("POST", "/search/approximate-count", READ_WORK, is_open=True)
def approximate_count(call: Call) -> Answer:
    """How many issues a query finds."""
    query = _query(call, str(call.object.get("jql") or ""))
    return Answer.json(200, {"count": len(_found(call, query, ()))})


@API("GET", "/search", READ_WORK, is_open=True)
@API("POST", "/search", READ_WORK, is_open=True)
def removed_search(call: Call) -> Answer:
    """The old search, which Jira Cloud has removed."""
    raise Refused(410, call.site.say("search_removed"))


def _query(call: Call, jql: str) -> Query:
    try:
        query = parse(call.site, call.caller, jql)
    except JqlError as exc:
        raise Refused(400, str(exc)) from exc
    if not query.is_bounded:
        raise Refused(400, call.site.say("search_unbounded"))
    return query


def _found(call: Call, query: Query, reconcile: Sequence[str]) -> list[FakeIssue]:
    """What the index finds, with those to be reconciled as the database holds them; values come from the database."""
    site = call.site
    fresh = {number for number in reconcile if number in site.keys_by_id}
    documents = [each for each in site.index.documents() if each.id not in fresh]
    documents += [site.issues[site.keys_by_id[number]] for number in fresh]
    found = (site.find_issue(each.id) for each in query.run(documents))
    return [each for each in found if each is not None and call.may("BROWSE_PROJECTS", each.project_key)]


def _answer(call: Call, search: _Search) -> Answer:
    if len(search.reconcile) > _RECONCILE_LIMIT or len(search.properties) > _PROPERTIES_LIMIT:
        raise Refused(400, call.site.say("payload_invalid"))
    query = _query(call, search.jql)
    fields = search.fields or ["id"]
    ids_only = set(fields) <= {"id", "key"} and not search.properties
    size = max(1, min(search.size, _PAGE_LIMIT_FOR_IDS if ids_only else _PAGE_LIMIT))
    start = _start(call, search)
    found = _found(call, query, search.reconcile)
    page = found[start : start + size]
    answer: dict[str, Any] = {"issues": [_shown(call, each, fields, search.properties) for each in page]}
    answer["isLast"] = start + size >= len(found)
    if not answer["isLast"]:
        answer["nextPageToken"] = _token(call, search, start + size)
    if "names" in search.expand:
        shown = {name for each in answer["issues"] for name in each.get("fields", ())}
        answer["names"] = {name: call.site.fields[name].name for name in shown}
    return Answer.json(200, answer)


def _shown(call: Call, issue: FakeIssue, fields: list[str], properties: list[str]) -> dict[str, Any]:
    if fields == ["id"] and not properties:
        return {"id": issue.id}
    shown = call.view.issue(issue, fields=fields, properties=properties)
    shown["expand"] = ""
    if set(fields) <= {"id", "key"}:
        del shown["fields"]
    return shown


def _token(call: Call, search: _Search, position: int) -> str:
    issued = call.site.now().timestamp()
    content = json.dumps([position, issued, _digest(search.jql)]).encode()
    return base64.urlsafe_b64encode(content).decode()


def _start(call: Call, search: _Search) -> int:
    if not search.token:
        return 0
    try:
        position, issued, digest = json.loads(base64.urlsafe_b64decode(search.token))
        if digest == _digest(search.jql) and call.site.now().timestamp() - issued < _TOKEN_LIFE.total_seconds():
            return int(position)
    except (ValueError, TypeError, binascii.Error) as exc:
        raise Refused(400, call.site.say("search_bad_token")) from exc
    raise Refused(400, call.site.say("search_bad_token"))


def _digest(jql: str) -> str:
    return hashlib.blake2b(jql.encode(), digest_size=8).hexdigest()

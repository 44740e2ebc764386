"""Links between issues, and from issues to pages elsewhere."""

from typing import Any

from jira_session_export._testing.fake_jira.entities import FakeIssue, FakeLink, FakeRemoteLink
from jira_session_export._testing.fake_jira.exchange import Answer, Refused
from jira_session_export._testing.fake_jira.routing import Call, Routes

API = Routes("/rest/api/{version}")

LINKS_PER_ISSUE = 2000


@API("POST", "/issueLink")
def create_link(call: Call) -> Answer:
    """Link two issues: "`inwardIssue` blocks `outwardIssue`". Repeating it changes nothing."""
    body = call.object
    if not call.site.options.linking_enabled:
        raise Refused(404)
    inward, outward = _end(call, body, "inwardIssue"), _end(call, body, "outwardIssue")
    if inward is outward:
        raise Refused(400, call.site.say("link_itself"))
    for issue in (inward, outward):
        if not call.may("LINK_ISSUES", issue.project_key):
            raise Refused(404, call.site.say("link_forbidden"))
    name = _type_name(call, body)
    if max(len(call.site.links_of(inward.key)), len(call.site.links_of(outward.key))) >= LINKS_PER_ISSUE:
        raise Refused(413)
    call.site.link(name, inward, outward)
    return Answer(201)


def _end(call: Call, body: dict[str, Any], member: str) -> FakeIssue:
    end = body.get(member)
    named = end.get("key") or end.get("id") if isinstance(end, dict) else None
    if not isinstance(named, str):
        raise Refused(400, call.site.say("payload_invalid"))
    return call.issue(named)


def _type_name(call: Call, body: dict[str, Any]) -> str:
    wanted = body.get("type")
    if isinstance(wanted, dict):
        for link_type in call.site.link_types.values():
            if wanted.get("id") == link_type.id or wanted.get("name") == link_type.name:
                return link_type.name
    name = wanted.get("name") if isinstance(wanted, dict) else None
    raise Refused(404, call.site.say("link_type_missing", name=name))


@API("GET", "/issueLink/{link}")
def link(call: Call) -> Answer:
    """One link, with both ends."""
    return Answer.json(200, call.view.link(_link(call)))


@API("DELETE", "/issueLink/{link}")
def delete_link(call: Call) -> Answer:
    """Remove a link."""
    call.site.delete_link(_link(call))
    return Answer.nothing()


def _link(call: Call) -> FakeLink:
    found = call.site.links.get(call.params["link"])
    if found is None:
        raise Refused(404, call.site.say("link_missing", id=call.params["link"]))
    return found


@API("GET", "/issue/{issue}/remotelink", is_open=True)
def remote_links(call: Call) -> Answer:
    """An issue's remote links, or the one of a global id."""
    issue, global_id = call.issue(), call.param("globalId")
    if global_id is None:
        return Answer.json(200, [_shown(call, issue, each) for each in issue.remote_links])
    for each in issue.remote_links:
        if each.global_id == global_id:
            return Answer.json(200, _shown(call, issue, each))
    raise Refused(404, call.site.say("remote_link_missing", id=global_id))


@API("POST", "/issue/{issue}/remotelink")
def put_remote_link(call: Call) -> Answer:
    """Add a remote link, or replace the one with the same global id."""
    issue, body = call.issue(), call.object
    if not call.may("LINK_ISSUES", issue.project_key):
        raise Refused(403, call.site.say("link_forbidden"))
    target = body.get("object")
    missing = {
        name: call.site.say(f"remote_{name}")
        for name in ("title", "url")
        if not (isinstance(target, dict) and target.get(name))
    }
    if missing:
        raise Refused(400, errors=missing)
    stored, is_new = call.site.put_remote_link(issue, str(body.get("globalId") or ""), body)
    return Answer.json(
        201 if is_new else 200,
        {"id": stored.id, "self": f"{call.view.api}/issue/{issue.id}/remotelink/{stored.id}"},
    )


@API("DELETE", "/issue/{issue}/remotelink")
def delete_remote_link(call: Call) -> Answer:
    """Remove the remote link of a global id."""
    issue, global_id = call.issue(), call.param("globalId")
    kept = [each for each in issue.remote_links if each.global_id != global_id]
    if len(kept) == len(issue.remote_links):
        raise Refused(404, call.site.say("remote_link_missing", id=global_id))
    issue.remote_links = kept
    call.site.touch(issue)
    return Answer.nothing()


def _shown(call: Call, issue: FakeIssue, stored: FakeRemoteLink) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": stored.id,
        "self": f"{call.view.api}/issue/{issue.id}/remotelink/{stored.id}",
        "object": stored.value["object"],
    }
    if stored.global_id:
        shown["globalId"] = stored.global_id
    for name in ("application", "relationship"):
        if name in stored.value:
            shown[name] = stored.value[name]
    return shown

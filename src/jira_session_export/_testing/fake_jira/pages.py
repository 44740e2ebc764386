"""What a person sees in a browser: the projects, and one issue."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit

from jira_session_export._adf.preview import PREVIEW_STYLESHEET, adf_to_html
from jira_session_export._testing.fake_jira.entities import FakeAttachment, FakeComment, FakeIssue
from jira_session_export._testing.fake_jira.exchange import Answer
from jira_session_export._testing.fake_jira.fields import FieldKind
from jira_session_export._testing.fake_jira.screens import FakeProject
from jira_session_export._testing.fake_jira.state import Site

_NEWEST = 500
"""Issues the list of a project shows."""

_APART = frozenset({"summary", "description"})
_STYLE = (
    PREVIEW_STYLESHEET
    + """
body { background: #fff; color: #172b4d; margin: 0; }
body { font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
a { color: #0c66e4; text-decoration: none; } a:hover { text-decoration: underline; }
header { align-items: center; border-bottom: 1px solid #dcdfe4; display: flex; gap: 12px; padding: 12px 32px; }
header b { background: #0c66e4; border-radius: 4px; color: #fff; padding: 2px 8px; }
header span { color: #626f86; }
main { margin: 0 auto; max-width: 1200px; padding: 24px 32px 64px; }
h1 { font-size: 24px; font-weight: 600; line-height: 1.25; margin: 8px 0 16px; overflow-wrap: anywhere; }
h2 { font-size: 14px; font-weight: 600; margin: 24px 0 8px; }
table.list { border-collapse: collapse; width: 100%; }
.list th { border-bottom: 2px solid #dcdfe4; color: #626f86; font-size: 12px; font-weight: 600; text-align: left; }
.list th, .list td { padding: 8px 12px 8px 0; vertical-align: top; }
.list td { border-bottom: 1px solid #f1f2f4; }
.list td:first-child { white-space: nowrap; }
.columns { display: grid; gap: 40px; grid-template-columns: minmax(0, 1fr) 320px; }
.details { align-self: start; border: 1px solid #dcdfe4; border-radius: 4px; padding: 16px; }
.details h2 { margin-top: 0; }
dl { display: grid; gap: 8px 12px; grid-template-columns: 110px minmax(0, 1fr); margin: 0; }
dt { color: #626f86; font-size: 12px; font-weight: 600; padding-top: 2px; } dd { margin: 0; overflow-wrap: anywhere; }
.lozenge { background: #dcdfe4; border-radius: 3px; padding: 1px 5px; }
.lozenge { font-size: 11px; font-weight: 700; text-transform: uppercase; }
.lozenge.indeterminate { background: #cce0ff; color: #0055cc; } .lozenge.done { background: #baf3db; color: #216e4e; }
.label { background: #f1f2f4; border-radius: 3px; display: inline-block; margin: 0 4px 4px 0; padding: 0 6px; }
.quiet { color: #626f86; }
.files { display: flex; flex-wrap: wrap; gap: 12px; list-style: none; margin: 0; padding: 0; }
.files li { border: 1px solid #dcdfe4; border-radius: 4px; max-width: 180px; overflow-wrap: anywhere; padding: 8px; }
.files img { display: block; max-height: 110px; max-width: 100%; }
.comment { border-top: 1px solid #dcdfe4; padding: 12px 0; }
img { max-width: 100%; }
@media (max-width: 800px) { .columns { grid-template-columns: minmax(0, 1fr); } }
"""
)
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; img-src 'self' http: https:; style-src 'sha256-{_STYLE_DIGEST}'; base-uri 'none'"


def index_page(site: Site) -> Answer:
    """All projects and their newest issues."""
    parts = [
        f"<h1>{escape(site.title)}: {_count(len(site.issues), 'issue')} in {_count(len(site.projects), 'project')}</h1>"
    ]
    for project in site.projects.values():
        parts.append(f'<h2 id="{escape(project.key)}">{escape(project.name)} ({escape(project.key)})</h2>')
        parts.append(_issue_list(site, project))
    return _page(site.title, "".join(parts))


def issue_page(site: Site, issue: FakeIssue, origin: str) -> Answer:
    """One issue: its description, files, links, comments and fields."""
    project = site.projects[issue.project_key]
    left = [
        "<h2>Description</h2>",
        _rich_text(issue, issue.description, origin) or '<p class="quiet">None</p>',
        *(_titled(title, content) for title, content in _long_texts(site, issue, origin)),
        _titled("Attachments", _files(issue.attachments)),
        _titled("Linked issues", _links(site, issue)),
        _titled("Links elsewhere", _remote_links(issue)),
        _titled("Comments", "".join(_comment(site, issue, each, origin) for each in issue.comments)),
    ]
    body = (
        f'<div><a href="/#{escape(project.key)}">{escape(project.name)}</a> / {escape(issue.key)}</div>'
        f"<h1>{escape(issue.summary)}</h1>"
        f'<div class="columns"><div>{"".join(left)}</div>'
        f'<div class="details"><h2>Details</h2><dl>{_details(site, issue)}</dl></div></div>'
    )
    return _page(f"[{issue.key}] {issue.summary}", body)


def missing_page(key: str) -> Answer:
    """There is no such issue."""
    return _page("Not found", f"<h1>No issue {escape(key)}</h1><p><a href='/'>All issues</a></p>", status=404)


def avatar(name: str) -> Answer:
    """A picture for anything that has a name: its initial on a colour of its own."""
    hue = hashlib.blake2b(name.encode(), digest_size=2).digest()[0] * 360 // 256
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">'
        f'<rect width="48" height="48" rx="24" fill="hsl({hue} 45% 45%)"/>'
        '<text x="24" y="32" fill="#fff" font-family="sans-serif" font-size="22" text-anchor="middle">'
        f"{escape(name[:1].upper())}</text></svg>"
    )
    return Answer.text(200, picture, "image/svg+xml;charset=UTF-8")


def _page(title: str, body: str, *, status: int = 200) -> Answer:
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>"
        '<body><header><b>FakeJira</b><a href="/">All issues</a><span>a local Jira for tests and demos</span></header>'
        f"<main>{body}</main></body></html>\n"
    )
    headers = {"content-type": "text/html;charset=UTF-8", "content-security-policy": _POLICY}
    return Answer(status, page.encode(), headers)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _titled(title: str, content: str) -> str:
    return f"<h2>{escape(title)}</h2>{content}" if content else ""


def _issue_list(site: Site, project: FakeProject) -> str:
    issues = [each for each in reversed(site.issues.values()) if each.project_key == project.key]
    if not issues:
        return '<p class="quiet">No issues yet</p>'
    rows = "".join(
        f"<tr><td>{_issue_link(each)}</td><td>{escape(_type_name(site, each))}</td><td>{escape(each.summary)}</td>"
        f"<td>{escape(each.priority or '')}</td><td>{escape(_person(site, each.assignee) or 'Unassigned')}</td>"
        f"<td>{_status(site, each)}</td></tr>"
        for each in issues[:_NEWEST]
    )
    more = len(issues) - _NEWEST
    rest = f'<p class="quiet">and {_count(more, "older issue")}</p>' if more > 0 else ""
    head = "".join(f"<th>{name}</th>" for name in ("Key", "Type", "Summary", "Priority", "Assignee", "Status"))
    return f'<table class="list"><tr>{head}</tr>{rows}</table>{rest}'


def _issue_link(issue: FakeIssue) -> str:
    return f'<a href="/browse/{quote(issue.key)}">{escape(issue.key)}</a>'


def _type_name(site: Site, issue: FakeIssue) -> str:
    types = site.projects[issue.project_key].issue_types
    return next((each.name for each in types if each.id == issue.type_id), "")


def _status(site: Site, issue: FakeIssue) -> str:
    status = site.statuses[issue.status_id]
    return f'<span class="lozenge {status.category}">{escape(status.name)}</span>'


def _person(site: Site, account_id: str | None) -> str:
    return site.users[account_id].display_name if account_id else ""


def _details(site: Site, issue: FakeIssue) -> str:
    rows = [
        ("Status", _status(site, issue)),
        ("Type", escape(_type_name(site, issue))),
        ("Assignee", escape(_person(site, issue.assignee) or "Unassigned")),
    ]
    for name, stored in issue.fields.items():
        field = site.fields[name]
        if name not in _APART and name != "assignee" and field.kind is not FieldKind.RICH_TEXT:
            rows.append((field.name, _value(site, field.kind, stored)))
    rows.append(("Created", escape(f"{issue.created:%Y-%m-%d %H:%M} UTC")))
    for name, value in issue.properties.items():
        rows.append((f"Property {name}", escape(str(value))))
    return "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in rows)


def _value(site: Site, kind: FieldKind, stored: Any) -> str:
    match kind:
        case FieldKind.USER:
            return escape(_person(site, stored["accountId"]))
        case FieldKind.USERS:
            return escape(", ".join(_person(site, each["accountId"]) for each in stored))
        case FieldKind.LABELS:
            return "".join(f'<span class="label">{escape(each)}</span>' for each in stored)
        case FieldKind.SPRINT:
            sprint = site.sprints[stored]
            return f"{escape(sprint.name)} ({sprint.state})"
        case FieldKind.PARENT:
            parent = site.find_issue(stored["id"])
            return f"{_issue_link(parent)} {escape(parent.summary)}" if parent else ""
        case FieldKind.NUMBER:
            return f"{stored:g}"
        case FieldKind.TIME_TRACKING:
            return escape(" / ".join(stored.values()))
        case FieldKind.CASCADE:
            child = stored.get("child")
            return escape(stored["value"] + (f" / {child['value']}" if child else ""))
        case _:
            listed = stored if isinstance(stored, list) else [stored]
            return escape(", ".join(_named(each) for each in listed))


def _named(value: Any) -> str:
    return str(value.get("name") or value.get("value") or value.get("id")) if isinstance(value, Mapping) else str(value)


def _rich_text(issue: FakeIssue, document: dict[str, Any] | None, origin: str) -> str:
    if document is None:
        return ""
    files = {each.media_id: each for each in issue.attachments}
    return adf_to_html(_with_files_in_place(document, files, origin))


def _with_files_in_place(document: dict[str, Any], files: Mapping[str, FakeAttachment], origin: str) -> dict[str, Any]:
    """A copy of the document in which the media nodes of image files point at the files."""
    copied = {**document}
    pending = [copied]
    while pending:
        node = pending.pop()
        children = [{**child} for child in node.get("content", ())]
        if "content" in node:
            node["content"] = children
        pending.extend(children)
        attributes = node.get("attrs") or {}
        shown = files.get(attributes.get("id", "")) if node["type"] == "media" else None
        if shown is not None and shown.mime_type.startswith("image/"):
            kept = {name: value for name, value in attributes.items() if name in {"alt", "width", "height"}}
            node["attrs"] = {"type": "external", "url": f"{origin}{_file_path(shown)}", **kept}
    return copied


def _long_texts(site: Site, issue: FakeIssue, origin: str) -> Iterable[tuple[str, str]]:
    for name, stored in issue.fields.items():
        if name not in _APART and site.fields[name].kind is FieldKind.RICH_TEXT:
            yield site.fields[name].name, _rich_text(issue, stored.document, origin)


def _files(attachments: list[FakeAttachment]) -> str:
    if not attachments:
        return ""
    items = "".join(f"<li>{_file(each)}</li>" for each in attachments)
    return f'<ul class="files">{items}</ul>'


def _file(attachment: FakeAttachment) -> str:
    path = escape(_file_path(attachment))
    picture = f'<img src="{path}" alt="">' if attachment.mime_type.startswith("image/") else ""
    size = f'<span class="quiet">{_size(attachment.size)}</span>'
    return f'<a href="{path}">{picture}{escape(attachment.filename)}</a> {size}'


def _file_path(attachment: FakeAttachment) -> str:
    return f"/file/{attachment.media_id}/binary?name={quote(attachment.filename)}"


def _size(length: int) -> str:
    return (
        f"{length} B"
        if length < 1024
        else f"{length / 1024:.0f} kB"
        if length < 1 << 20
        else f"{length / 1048576:.1f} MB"
    )


def _links(site: Site, issue: FakeIssue) -> str:
    rows = ""
    for link in site.links_of(issue.key):
        link_type = next(each for each in site.link_types.values() if each.name == link.type)
        is_source = link.inward == issue.key
        other = site.issues[link.outward if is_source else link.inward]
        phrase = link_type.outward if is_source else link_type.inward
        rows += (
            f'<tr><td class="quiet">{escape(phrase)}</td><td>{_issue_link(other)}</td><td>{escape(other.summary)}</td>'
            f"<td>{_status(site, other)}</td></tr>"
        )
    return f'<table class="list">{rows}</table>' if rows else ""


def _remote_links(issue: FakeIssue) -> str:
    shown = [each.value["object"] for each in issue.remote_links]
    return "".join(f"<p>{_outside(str(each['url']), str(each['title']))}</p>" for each in shown)


def _outside(url: str, title: str) -> str:
    if urlsplit(url).scheme not in {"http", "https"}:
        return f"{escape(title)} ({escape(url)})"
    return f'<a href="{escape(url)}" rel="noreferrer">{escape(title)}</a>'


def _comment(site: Site, issue: FakeIssue, comment: FakeComment, origin: str) -> str:
    who = f"<b>{escape(_person(site, comment.author))}</b> <span class='quiet'>{comment.created:%Y-%m-%d %H:%M}</span>"
    return f'<div class="comment">{who}{_rich_text(issue, comment.body, origin)}</div>'

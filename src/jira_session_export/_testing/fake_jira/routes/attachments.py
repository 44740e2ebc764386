"""Files."""

import mimetypes
from urllib.parse import quote

from jira_session_export._testing.fake_jira.entities import FakeAttachment
from jira_session_export._testing.fake_jira.exchange import Answer, Refused
from jira_session_export._testing.fake_jira.multipart import MultipartError, Part, read_parts
from jira_session_export._testing.fake_jira.routing import Call, Routes

API = Routes("/rest/api/{version}")
MEDIA = Routes()

FILES_PER_REQUEST = 60
FILES_PER_ISSUE = 2000


@API("GET", "/attachment/meta")
def attachment_settings(call: Call) -> Answer:
    """Whether files may be attached, and how large one may be."""
    options = call.site.options
    return Answer.json(200, {"enabled": options.attachments_enabled, "uploadLimit": options.upload_limit})


@API("POST", "/issue/{issue}/attachments")
def attach(call: Call) -> Answer:
    """Attach files: all of them, or none."""
    if call.request.headers.get("x-atlassian-token", "").lower() not in {"no-check", "nocheck"}:
        return Answer.text(403, "XSRF check failed", "text/plain;charset=UTF-8")
    issue, user = call.issue(), call.user
    if not call.site.options.attachments_enabled or not call.may("CREATE_ATTACHMENTS", issue.project_key):
        raise Refused(404, call.site.say("issue_missing"))
    parts = _files(call)
    if len(issue.attachments) + len(parts) > FILES_PER_ISSUE:
        raise Refused(413, call.site.say("attachments_per_issue", limit=FILES_PER_ISSUE))
    stored = [
        call.site.attach(
            issue,
            filename=call.site.options.stored_name(part.filename),
            mime_type=_mime_type(part),
            content=part.content,
            author=user,
        )
        for part in parts
    ]
    return Answer.json(200, [call.view.attachment(each) for each in stored])


def _files(call: Call) -> list[Part]:
    try:
        parts = read_parts(call.request.headers.get("content-type", ""), call.request.body)
    except MultipartError as exc:
        raise Refused(415 if exc.is_other_type else 400) from exc
    files = [part for part in parts if part.name == "file" and part.filename]
    if not files:
        raise Refused(400, call.site.say("payload_invalid"))
    if len(files) > FILES_PER_REQUEST:
        raise Refused(413, call.site.say("attachments_too_many", limit=FILES_PER_REQUEST))
    limit = call.site.options.upload_limit
    if any(len(part.content) > limit for part in files):
        raise Refused(413, call.site.say("attachment_too_large", limit=limit))
    return files


def _mime_type(part: Part) -> str:
    return part.content_type or mimetypes.guess_type(part.filename)[0] or "application/octet-stream"


@API("GET", "/attachment/{attachment}", is_open=True)
def attachment(call: Call) -> Answer:
    """One attachment's data."""
    shown = call.view.attachment(_attachment(call))
    return Answer.json(200, {**shown, "id": int(shown["id"])})


@API("DELETE", "/attachment/{attachment}")
def delete_attachment(call: Call) -> Answer:
    """Remove an attachment."""
    found = _attachment(call)
    call.site.delete_attachment(found)
    return Answer.nothing()


@API("GET", "/attachment/content/{attachment}", is_open=True)
def content(call: Call) -> Answer:
    """A file's bytes: by way of a redirect to the media service, unless asked otherwise."""
    found = _attachment(call)
    if call.flag("redirect", default=True):
        return Answer(303, headers={"location": media_url(call, found)})
    return _bytes(found)


@API("GET", "/attachment/thumbnail/{attachment}", is_open=True)
def thumbnail(call: Call) -> Answer:
    """An image's small picture, which here is the image itself."""
    return _bytes(_attachment(call))


@MEDIA("GET", "/file/{media}/binary", is_open=True)
def media_file(call: Call) -> Answer:
    """A file's bytes by media id; the address is the permission."""
    for found in call.site.attachments.values():
        if found.media_id == call.params["media"]:
            return _bytes(found)
    raise Refused(404)


def media_url(call: Call, attachment: FakeAttachment) -> str:
    """Where the media service keeps a file; the path names its media id."""
    return f"{call.request.origin}/file/{attachment.media_id}/binary?dl=true&name={quote(attachment.filename)}"


def _bytes(found: FakeAttachment) -> Answer:
    return Answer(
        200,
        found.content,
        {
            "content-type": found.mime_type,
            "content-disposition": f"attachment; filename*=UTF-8''{quote(found.filename)}",
            "content-security-policy": "sandbox; default-src 'none'",
        },
    )


def _attachment(call: Call) -> FakeAttachment:
    number = call.params["attachment"]
    found = call.site.attachments.get(number)
    if found is None or not call.site.options.attachments_enabled:
        raise Refused(404, call.site.say("attachment_missing", id=number))
    try:
        call.issue(found.issue_id)
    except Refused as refused:
        raise Refused(404, call.site.say("attachment_missing", id=number)) from refused
    return found

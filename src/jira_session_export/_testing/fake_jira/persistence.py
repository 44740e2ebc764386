"""Keeps a site in a file: one small transaction per request, safe whenever the process is killed."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jira_session_export._testing.fake_jira.entities import (
    FakeAttachment,
    FakeComment,
    FakeIssue,
    FakeLink,
    FakeRemoteLink,
    FakeSprint,
    FakeUser,
)
from jira_session_export._testing.fake_jira.richtext import RichText
from jira_session_export._testing.fake_jira.state import Site

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entity (kind TEXT, id TEXT, position INTEGER, data TEXT, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS file (attachment_id TEXT PRIMARY KEY, content BLOB);
"""
_UPSERT = """
INSERT INTO entity (kind, id, position, data) VALUES (?, ?, ?, ?)
ON CONFLICT (kind, id) DO UPDATE SET data = excluded.data
"""
_RICH_TEXT = "$richText"


class StateFileError(OSError):
    """A state file that cannot be used: not one of ours, not writable, or in use by another process."""


class StateFile:
    """A site's SQLite file.

    What a request changed is written in one transaction before its answer leaves. The transaction reaches the operating
    system, not the disk: it outlives the process however that ends, though not a power cut.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            StateFileError: it cannot be used.
        """
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._position = self._database.execute("SELECT coalesce(max(position), 0) FROM entity").fetchone()[0]

    def project_keys(self) -> list[tuple[str, dict[str, Any]]]:
        """The projects kept, in the order they were made: key, and `name`, `style`, `next_number`."""
        return list(self._rows("project"))

    def load(self, site: Site) -> None:
        """Put what was kept into a site that has its projects already."""
        for name, data in self._rows("user"):
            site.add_user(FakeUser(**{**data, "account_id": name, "assignable_in": _keys(data["assignable_in"])}))
        for _, data in self._rows("sprint"):
            sprint = FakeSprint(**data)
            site.sprints[sprint.id] = sprint
        for name, data in self._rows("project"):
            site.projects[name].next_number = data["next_number"]
        for name, data in self._rows("issue"):
            if data["project_key"] in site.projects:
                site.put_issue(_issue(name, data))
        for name, data in self._rows("attachment"):
            key = site.keys_by_id.get(data["issue_id"])
            if key is not None:
                site.put_attachment(site.issues[key], self._attachment(name, data))
        for name, data in self._rows("link"):
            if data["inward"] in site.issues and data["outward"] in site.issues:
                site.put_link(FakeLink(name, **data))
        for name, data in self._rows("counter"):
            site.counters[name] = max(data, site.counters.get(name, 0))

    def save(self, site: Site) -> None:
        """Write what has changed."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            for kind, name in sorted(site.changed):
                self._write(kind, name, _data(site, kind, name))
                if kind == "attachment":
                    self._write_file(site, name)
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file, so that another process may use it; the next `save` takes it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _database(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _open(self._path)
        return self._connection

    def _write(self, kind: str, name: str, data: Any) -> None:
        if data is None:
            self._database.execute("DELETE FROM entity WHERE kind = ? AND id = ?", (kind, name))
            return
        self._position += 1
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_plain)
        self._database.execute(_UPSERT, (kind, name, self._position, text))

    def _write_file(self, site: Site, name: str) -> None:
        attachment = site.attachments.get(name)
        if attachment is None:
            self._database.execute("DELETE FROM file WHERE attachment_id = ?", (name,))
        else:
            self._database.execute("INSERT OR IGNORE INTO file VALUES (?, ?)", (name, attachment.content))

    def _rows(self, kind: str) -> Iterator[tuple[str, Any]]:
        query = "SELECT id, data FROM entity WHERE kind = ? ORDER BY position"
        for name, data in self._database.execute(query, (kind,)):
            yield name, json.loads(data)

    def _attachment(self, name: str, data: dict[str, Any]) -> FakeAttachment:
        (content,) = self._database.execute("SELECT content FROM file WHERE attachment_id = ?", (name,)).fetchone()
        created = datetime.fromisoformat(data.pop("created"))
        return FakeAttachment(id=name, content=content, created=created, **data)


def _open(path: Path) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(path, isolation_level=None, timeout=1, check_same_thread=False)
    except sqlite3.Error as exc:
        raise StateFileError(f"cannot keep Jira's state in {path}: {exc}") from exc
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")
        database.executescript(_SCHEMA)
    except sqlite3.Error as exc:
        database.close()
        raise StateFileError(f"cannot keep Jira's state in {path}: {exc}") from exc
    return database


def _plain(value: object) -> dict[str, str]:
    if isinstance(value, RichText):
        return {_RICH_TEXT: value.source}
    raise TypeError(value)


def _revived(value: Any) -> Any:
    is_rich_text = isinstance(value, dict) and value.keys() == {_RICH_TEXT}
    return RichText(value[_RICH_TEXT]) if is_rich_text else value


def _data(site: Site, kind: str, name: str) -> Any:
    """What is kept of one thing; None when it is gone."""
    match kind:
        case "counter":
            return site.counters[name]
        case "project":
            project = site.projects.get(name)
            return project and {
                "name": project.name,
                "style": project.style,
                "next_number": project.next_number,
            }
        case "user":
            return _user_data(site.users[name])
        case "sprint":
            sprint = site.sprints.get(int(name))
            return sprint and {part: getattr(sprint, part) for part in FakeSprint.__slots__}
        case "issue":
            key = site.keys_by_id.get(name)
            return None if key is None else _issue_data(site.issues[key])
        case "attachment":
            attachment = site.attachments.get(name)
            return attachment and _attachment_data(attachment)
        case "link":
            link = site.links.get(name)
            return link and {"type": link.type, "inward": link.inward, "outward": link.outward}
    raise AssertionError(kind)


def _user_data(user: FakeUser) -> dict[str, Any]:
    data = {part: getattr(user, part) for part in FakeUser.__slots__ if part != "account_id"}
    data["assignable_in"] = None if user.assignable_in is None else sorted(user.assignable_in)
    return data


def _keys(listed: list[str] | None) -> frozenset[str] | None:
    return None if listed is None else frozenset(listed)


_PLAIN_ISSUE_PARTS = ("key", "number", "project_key", "type_id", "status_id", "creator", "properties")


def _issue_data(issue: FakeIssue) -> dict[str, Any]:
    data: dict[str, Any] = {part: getattr(issue, part) for part in _PLAIN_ISSUE_PARTS}
    data["fields"] = issue.fields
    data["created"] = issue.created.isoformat()
    data["updated"] = issue.updated.isoformat()
    data["comments"] = [[each.id, each.author, each.body, each.created.isoformat()] for each in issue.comments]
    data["remote_links"] = [[each.id, each.global_id, each.value] for each in issue.remote_links]
    return data


def _issue(name: str, data: dict[str, Any]) -> FakeIssue:
    return FakeIssue(
        id=name,
        created=datetime.fromisoformat(data["created"]),
        updated=datetime.fromisoformat(data["updated"]),
        comments=[
            FakeComment(number, author, body, datetime.fromisoformat(created))
            for number, author, body, created in data["comments"]
        ],
        remote_links=[FakeRemoteLink(*parts) for parts in data["remote_links"]],
        fields={name: _revived(value) for name, value in data["fields"].items()},
        **{part: data[part] for part in _PLAIN_ISSUE_PARTS},
    )


def _attachment_data(attachment: FakeAttachment) -> dict[str, Any]:
    return {
        "issue_id": attachment.issue_id,
        "filename": attachment.filename,
        "mime_type": attachment.mime_type,
        "author": attachment.author,
        "created": attachment.created.isoformat(),
        "media_id": attachment.media_id,
    }

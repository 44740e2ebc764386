"""The site: everything that is stored, and the few ways it changes."""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jira_session_export._testing.fake_jira.entities import (
    FakeAttachment,
    FakeBoard,
    FakeComment,
    FakeIssue,
    FakeIssueType,
    FakeLink,
    FakeLinkType,
    FakePriority,
    FakeRemoteLink,
    FakeSprint,
    FakeStatus,
    FakeUser,
)
from jira_session_export._testing.fake_jira.fields import FakeField, FieldKind
from jira_session_export._testing.fake_jira.index import SearchIndex
from jira_session_export._testing.fake_jira.messages import Language, message
from jira_session_export._testing.fake_jira.permissions import Grants
from jira_session_export._testing.fake_jira.screens import FakeProject

DEFAULT_UPLOAD_LIMIT = 1_073_741_824
"""Bytes: 1 GB, as sites out of the box report."""

_FIRST_ID = 10_000


@dataclass(slots=True)
class Options:
    """How this Jira behaves where real ones differ.

    Attributes:
        strict: refuse an empty ADF text node, as some sites were seen to do.
        burn_keys: a refused create still uses up an issue key and an issue id.
        hide_emails: nobody's e-mail address is shown to others.
        language: of the messages; `en` or `de`.
        attachments_enabled: whether files may be attached at all.
        upload_limit: bytes a file may have.
        linking_enabled: whether issues may be linked at all.
        stored_name: what becomes of a file's name; as it is sent, unless a test says otherwise. Sites were seen to
            change some names, by a rule that is not documented.
    """

    strict: bool = True
    burn_keys: bool = False
    hide_emails: bool = False
    language: Language = "en"
    attachments_enabled: bool = True
    upload_limit: int = DEFAULT_UPLOAD_LIMIT
    linking_enabled: bool = True
    stored_name: Callable[[str], str] = str


@dataclass(slots=True)
class Site:
    """All that one Jira site stores.

    `changed` names, as (kind, id), what has changed since the state was last written to its file.
    """

    now: Callable[[], datetime]
    base_url: str
    options: Options
    index: SearchIndex
    cloud_id: str = "11223344-a1b2-3b33-c444-def123456789"
    title: str = "Jira"
    grants: Grants = field(init=False)
    users: dict[str, FakeUser] = field(default_factory=dict)
    fields: dict[str, FakeField] = field(default_factory=dict)
    priorities: dict[str, FakePriority] = field(default_factory=dict)
    statuses: dict[str, FakeStatus] = field(default_factory=dict)
    link_types: dict[str, FakeLinkType] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    projects: dict[str, FakeProject] = field(default_factory=dict)
    boards: dict[int, FakeBoard] = field(default_factory=dict)
    sprints: dict[int, FakeSprint] = field(default_factory=dict)
    issues: dict[str, FakeIssue] = field(default_factory=dict)
    keys_by_id: dict[str, str] = field(default_factory=dict)
    links: dict[str, FakeLink] = field(default_factory=dict)
    attachments: dict[str, FakeAttachment] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    changed: set[tuple[str, str]] = field(default_factory=set)
    _users_by_email: dict[str, FakeUser] = field(default_factory=dict)
    _links_by_ends: dict[tuple[str, str, str], FakeLink] = field(default_factory=dict)
    _links_by_key: dict[str, list[FakeLink]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.grants = Grants(lambda key: key in self.projects and self.projects[key].is_archived)

    def say(self, name: str, /, **facts: object) -> str:
        """Jira's message of that name, in the account's language."""
        return message(self.options.language, name, **facts)

    def next_id(self, kind: str) -> int:
        """A number not used for that kind of thing before."""
        number = self.counters.get(kind, _FIRST_ID)
        self.counters[kind] = number + 1
        self.changed.add(("counter", kind))
        return number

    def option_id(self, kind: FieldKind) -> str:
        """The id of a new value of a field: a team has a UUID, everything else a number."""
        number = self.next_id("option")
        return str(uuid.uuid5(uuid.UUID(self.cloud_id), f"team {number}")) if kind is FieldKind.TEAM else str(number)

    # users

    def add_user(self, user: FakeUser) -> FakeUser:
        """Store an account."""
        self.users[user.account_id] = user
        if user.email:
            self._users_by_email[user.email.lower()] = user
        self.changed.add(("user", user.account_id))
        return user

    def user_with_email(self, email: str) -> FakeUser | None:
        """The account with that e-mail address."""
        return self._users_by_email.get(email.lower())

    # issues

    def find_issue(self, id_or_key: str) -> FakeIssue | None:
        """The issue of that id or key (keys in any case, as Jira takes them)."""
        return self.issues.get(self.keys_by_id.get(id_or_key) or id_or_key.upper())

    def create_issue(
        self,
        project: FakeProject,
        issue_type: FakeIssueType,
        *,
        creator: FakeUser,
        fields: dict[str, Any],
        properties: dict[str, Any],
    ) -> FakeIssue:
        """Store a new issue under the project's next key."""
        number, issue_id = self.burn_key(project)
        now = self.now()
        issue = FakeIssue(
            id=issue_id,
            key=f"{project.key}-{number}",
            number=number,
            project_key=project.key,
            type_id=issue_type.id,
            status_id=next(iter(self.statuses)),
            creator=creator.account_id,
            created=now,
            updated=now,
            fields=fields,
            properties=properties,
        )
        self.put_issue(issue)
        return issue

    def burn_key(self, project: FakeProject) -> tuple[int, str]:
        """Use up the project's next number and an issue id."""
        number = project.next_number
        project.next_number += 1
        self.changed.add(("project", project.key))
        return number, str(self.next_id("issue"))

    def put_issue(self, issue: FakeIssue) -> None:
        """Store an issue that is new or came from the state file."""
        self.issues[issue.key] = issue
        self.keys_by_id[issue.id] = issue.key
        self.changed.add(("issue", issue.id))
        self.index.note(issue, at=issue.updated)

    def update_issue(self, issue: FakeIssue, changes: Mapping[str, Any]) -> None:
        """Change fields; None takes a value away."""
        merged = {**issue.fields, **changes}
        issue.fields = {name: value for name, value in merged.items() if value is not None}
        self.touch(issue)

    def touch(self, issue: FakeIssue) -> None:
        """Note that the issue, or what hangs on it, has changed."""
        issue.updated = self.now()
        self.changed.add(("issue", issue.id))
        self.index.note(issue)

    def subtasks_of(self, issue: FakeIssue) -> list[FakeIssue]:
        """The sub-tasks of an issue; a child that is none, a story under an epic for example, is not among them."""
        below = [each for each in self.issues.values() if each.parent == issue.key]
        types = {each.id: each for project in self.projects.values() for each in project.issue_types}
        return [each for each in below if types[each.type_id].is_subtask]

    def delete_issue(self, issue: FakeIssue) -> None:
        """Remove an issue with its attachments and links."""
        del self.issues[issue.key]
        del self.keys_by_id[issue.id]
        for attachment in issue.attachments:
            del self.attachments[attachment.id]
            self.changed.add(("attachment", attachment.id))
        for link in list(self.links_of(issue.key)):
            self.delete_link(link)
        self.changed.add(("issue", issue.id))
        self.index.note(issue, deleted=True)

    def rich_text_fields(self) -> frozenset[str]:
        """Ids of the fields that hold ADF."""
        return frozenset(name for name, each in self.fields.items() if each.kind is FieldKind.RICH_TEXT)

    # what hangs on an issue

    def attach(
        self, issue: FakeIssue, *, filename: str, mime_type: str, content: bytes, author: FakeUser
    ) -> FakeAttachment:
        """Store a file with an issue."""
        number = str(self.next_id("attachment"))
        media_id = str(uuid.uuid5(uuid.UUID(self.cloud_id), f"attachment {number}"))
        attachment = FakeAttachment(
            number, issue.id, filename, mime_type, content, author.account_id, self.now(), media_id
        )
        self.put_attachment(issue, attachment)
        self.touch(issue)
        return attachment

    def put_attachment(self, issue: FakeIssue, attachment: FakeAttachment) -> None:
        """Store an attachment that is new or came from the state file."""
        self.attachments[attachment.id] = attachment
        issue.attachments = [*issue.attachments, attachment]
        self.changed.add(("attachment", attachment.id))

    def delete_attachment(self, attachment: FakeAttachment) -> None:
        """Remove a file from its issue."""
        issue = self.issues[self.keys_by_id[attachment.issue_id]]
        issue.attachments = [each for each in issue.attachments if each.id != attachment.id]
        del self.attachments[attachment.id]
        self.changed.add(("attachment", attachment.id))
        self.touch(issue)

    def comment(self, issue: FakeIssue, body: dict[str, Any], author: FakeUser) -> FakeComment:
        """Add a comment to an issue."""
        comment = FakeComment(str(self.next_id("comment")), author.account_id, body, self.now())
        issue.comments = [*issue.comments, comment]
        self.touch(issue)
        return comment

    def put_remote_link(self, issue: FakeIssue, global_id: str, value: dict[str, Any]) -> tuple[FakeRemoteLink, bool]:
        """Add a remote link, or replace the one with the same global id; and whether it is new."""
        for link in issue.remote_links:
            if global_id and link.global_id == global_id:
                link.value = value
                self.touch(issue)
                return link, False
        link = FakeRemoteLink(self.next_id("remote link"), global_id, value)
        issue.remote_links = [*issue.remote_links, link]
        self.touch(issue)
        return link, True

    # links

    def link(self, type_name: str, inward: FakeIssue, outward: FakeIssue) -> FakeLink:
        """Link two issues; a link that is there already is left as it is."""
        known = self._links_by_ends.get((type_name, inward.key, outward.key))
        if known:
            return known
        link = FakeLink(str(self.next_id("link")), type_name, inward.key, outward.key)
        self.put_link(link)
        self.touch(inward)
        self.touch(outward)
        return link

    def put_link(self, link: FakeLink) -> None:
        """Store a link that is new or came from the state file."""
        self.links[link.id] = link
        self._links_by_ends[link.type, link.inward, link.outward] = link
        for key in {link.inward, link.outward}:
            self._links_by_key.setdefault(key, []).append(link)
        self.changed.add(("link", link.id))

    def delete_link(self, link: FakeLink) -> None:
        """Remove a link."""
        del self.links[link.id]
        del self._links_by_ends[link.type, link.inward, link.outward]
        for key in {link.inward, link.outward}:
            self._links_by_key[key].remove(link)
        self.changed.add(("link", link.id))

    def links_of(self, key: str) -> list[FakeLink]:
        """The links of one issue, oldest first."""
        return self._links_by_key.get(key, [])


def account_id_of(email: str) -> str:
    """An account id that looks like Atlassian's, always the same for one address."""
    return hashlib.blake2b(email.lower().encode(), digest_size=12).hexdigest()

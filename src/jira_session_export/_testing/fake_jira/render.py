"""What the site holds, as Jira's answers show it."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jira_session_export._adf.preview import adf_to_html, adf_to_text
from jira_session_export._testing.fake_jira.entities import (
    FakeAttachment,
    FakeBoard,
    FakeComment,
    FakeComponent,
    FakeIssue,
    FakeIssueType,
    FakeLink,
    FakeLinkType,
    FakePriority,
    FakeSprint,
    FakeStatus,
    FakeUser,
    FakeVersion,
)
from jira_session_export._testing.fake_jira.fields import FakeField, FakeOption, FieldKind
from jira_session_export._testing.fake_jira.screens import FakeProject, ScreenField
from jira_session_export._testing.fake_jira.state import Site

_STATUS_CATEGORIES: Mapping[str, tuple[int, str, str]] = {
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}
_SYSTEM_SHOWN = ("issuetype", "project", "status", "creator", "reporter", "created", "updated", "resolution")
_NEVER_EMPTY = frozenset({FieldKind.LABELS, FieldKind.COMPONENTS, FieldKind.VERSIONS})
_NOT_NAVIGABLE = frozenset({"comment", "attachment"})


@dataclass(frozen=True, slots=True)
class View:
    """Renders for one caller.

    Attributes:
        api: what `self` links begin with, for example `https://fake-jira.example/rest/api/3`.
        root: the same without the API's own path.
        version: of the REST API: 3 shows rich text as ADF, 2 as plain text.
    """

    site: Site
    viewer: FakeUser | None
    root: str
    api: str
    version: int

    # people

    def user(self, user: FakeUser) -> dict[str, Any]:
        """A user, as others see it."""
        shown = {
            "self": f"{self.api}/user?accountId={quote(user.account_id)}",
            "accountId": user.account_id,
            "accountType": user.account_type,
            "avatarUrls": self._avatars(user.account_id),
            "displayName": user.display_name,
            "active": user.active,
            "timeZone": user.time_zone,
        }
        if user is self.viewer or (user.email_visible and not self.site.options.hide_emails):
            shown["emailAddress"] = user.email
        return shown

    def user_of(self, account_id: str | None) -> dict[str, Any] | None:
        """The user of that account."""
        return self.user(self.site.users[account_id]) if account_id else None

    def myself(self, user: FakeUser) -> dict[str, Any]:
        """The caller."""
        return {
            **self.user(user),
            "locale": user.locale,
            "groups": {"size": 1, "items": []},
            "applicationRoles": {"size": 1, "items": []},
            "expand": "groups,applicationRoles",
        }

    def _avatars(self, name: str) -> dict[str, str]:
        return {f"{size}x{size}": f"{self.root}/avatar/{quote(name)}?size={size}" for size in (48, 24, 16, 32)}

    # projects

    def project(self, project: FakeProject, *, whole: bool = True) -> dict[str, Any]:
        """A project; `whole` with what its own page adds."""
        shown: dict[str, Any] = {
            "self": f"{self.api}/project/{project.id}",
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "avatarUrls": self._avatars(project.key),
            "projectTypeKey": "software",
            "simplified": project.style == "next-gen",
            "style": project.style,
            "isPrivate": False,
        }
        if whole:
            shown |= {
                "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
                "description": "",
                "lead": self.user_of(project.lead),
                "components": [self.component(each, project) for each in project.components],
                "issueTypes": [self.issue_type(each) for each in project.issue_types],
                "assigneeType": project.assignee_type,
                "versions": [self.version_of(each, project) for each in project.versions],
                "roles": {},
                "archived": project.is_archived,
                "properties": {},
            }
        return shown

    def issue_type(self, issue_type: FakeIssueType) -> dict[str, Any]:
        """An issue type."""
        return {
            "self": f"{self.api}/issuetype/{issue_type.id}",
            "id": issue_type.id,
            "description": issue_type.description,
            "iconUrl": f"{self.root}/avatar/{quote(issue_type.name)}",
            "name": issue_type.name,
            "subtask": issue_type.is_subtask,
            "hierarchyLevel": issue_type.level,
        }

    def component(self, component: FakeComponent, project: FakeProject) -> dict[str, Any]:
        """A component."""
        shown = {
            "self": f"{self.api}/component/{component.id}",
            "id": component.id,
            "name": component.name,
            "description": component.description,
            "assigneeType": component.assignee_type,
            "realAssigneeType": component.assignee_type,
            "isAssigneeTypeValid": component.assignee_type != "COMPONENT_LEAD" or component.lead is not None,
            "project": project.key,
            "projectId": int(project.id),
        }
        people = {"lead": component.lead, "realAssignee": project.real_assignee(component)}
        return shown | {name: self.user_of(account) for name, account in people.items() if account is not None}

    def version_of(self, version: FakeVersion, project: FakeProject) -> dict[str, Any]:
        """A version."""
        return {
            "self": f"{self.api}/version/{version.id}",
            "id": version.id,
            "name": version.name,
            "archived": version.archived,
            "released": version.released,
            "projectId": int(project.id),
        }

    # site-wide lists

    def priority(self, priority: FakePriority, *, whole: bool = True) -> dict[str, Any]:
        """A priority; `whole` as its own list shows it, otherwise as an issue or a screen does."""
        shown: dict[str, Any] = {
            "self": f"{self.api}/priority/{priority.id}",
            "iconUrl": f"{self.root}/avatar/{quote(priority.name)}",
            "name": priority.name,
            "id": priority.id,
        }
        if whole:
            shown |= {"statusColor": priority.colour, "description": "", "isDefault": priority.is_default}
        return shown

    def status(self, status: FakeStatus) -> dict[str, Any]:
        """A status."""
        number, name, colour = _STATUS_CATEGORIES[status.category]
        return {
            "self": f"{self.api}/status/{status.id}",
            "description": "",
            "iconUrl": f"{self.root}/avatar/{quote(status.name)}",
            "name": status.name,
            "id": status.id,
            "statusCategory": {
                "self": f"{self.api}/statuscategory/{number}",
                "id": number,
                "key": status.category,
                "colorName": colour,
                "name": name,
            },
        }

    def transition(self, status: FakeStatus) -> dict[str, Any]:
        """The transition that leads to a status."""
        return {
            "id": status.transition_id,
            "name": status.name,
            "to": self.status(status),
            "hasScreen": False,
            "isGlobal": True,
            "isInitial": False,
            "isConditional": False,
            "isAvailable": True,
            "looped": False,
        }

    def field(self, field: FakeField) -> dict[str, Any]:
        """A field as the list of all fields shows it."""
        return {
            "id": field.id,
            "key": field.id,
            "name": field.name,
            "custom": field.is_custom,
            "orderable": field.kind is not FieldKind.FIXED,
            "navigable": field.id not in _NOT_NAVIGABLE,
            "searchable": field.searchable,
            "clauseNames": field.clause_names,
            "schema": field.schema,
        }

    def link_type(self, link_type: FakeLinkType) -> dict[str, Any]:
        """A link type."""
        return {
            "id": link_type.id,
            "name": link_type.name,
            "inward": link_type.inward,
            "outward": link_type.outward,
            "self": f"{self.api}/issueLinkType/{link_type.id}",
        }

    # create screens

    def screen_field(self, shown: ScreenField, project: FakeProject) -> dict[str, Any]:
        """A field as the create metadata shows it."""
        field = shown.field
        meta: dict[str, Any] = {
            "required": shown.required,
            "schema": field.schema,
            "name": field.name,
            "key": field.id,
            "fieldId": field.id,
            "hasDefaultValue": shown.default is not None or field.id == "reporter",
            "operations": field.operations,
        }
        if shown.default is not None:
            meta["defaultValue"] = self._default(shown)
        allowed = self._allowed(shown, project)
        if allowed is not None:
            meta["allowedValues"] = allowed
        if field.kind in (FieldKind.USER, FieldKind.USERS):
            meta["autoCompleteUrl"] = (
                f"{self.api}/user/assignable/search?project={project.key}&query="
                if field.id == "assignee"
                else f"{self.api}/user/search?query="
            )
        elif field.kind is FieldKind.TEAM:
            meta["autoCompleteUrl"] = f"{self.root}/gateway/api/v1/recommendations"
        elif field.kind is FieldKind.LABELS:
            meta["autoCompleteUrl"] = f"{self.root}/rest/api/1.0/labels/suggest?query="
        elif field.id == "issuelinks":
            meta["autoCompleteUrl"] = f"{self.api}/issue/picker?currentProjectId=&showSubTaskParent=true&query="
        return meta

    def _default(self, shown: ScreenField) -> Any:
        if shown.field.kind is FieldKind.PRIORITY:
            return self.priority(self.site.priorities[shown.default["id"]], whole=False)
        return shown.default

    def _allowed(self, shown: ScreenField, project: FakeProject) -> list[dict[str, Any]] | None:
        field = shown.field
        values: Iterable[tuple[str, dict[str, Any]]]
        match field.kind:
            case FieldKind.PRIORITY:
                values = ((each.id, self.priority(each, whole=False)) for each in self.site.priorities.values())
            case FieldKind.COMPONENTS:
                values = ((each.id, self.component(each, project)) for each in project.components)
            case FieldKind.VERSIONS:
                values = ((each.id, self.version_of(each, project)) for each in project.versions if not each.archived)
            case FieldKind.VERSION:
                values = ((each.id, self.version_of(each, project)) for each in project.versions if not each.archived)
            case FieldKind.PROJECT:
                values = ((each.id, self.project(each, whole=False)) for each in self.site.projects.values())
            case FieldKind.OPTION | FieldKind.OPTIONS | FieldKind.CASCADE | FieldKind.RADIO | FieldKind.CHECKBOXES:
                values = ((each.id, self._option(each)) for each in field.options)
            case FieldKind.SECURITY:
                values = ((each.id, self._security_level(each)) for each in field.options)
            case _:
                return [self.project(project, whole=False)] if field.id == "project" else None
        listed = [value for number, value in values if shown.allowed is None or number in shown.allowed]
        return [*listed, *shown.also_listed]

    def _security_level(self, level: FakeOption) -> dict[str, Any]:
        return {
            "self": f"{self.api}/securitylevel/{level.id}",
            "id": level.id,
            "name": level.value,
            "description": "",
        }

    def _option(self, option: FakeOption) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "self": f"{self.api}/customFieldOption/{option.id}",
            "value": option.value,
            "id": option.id,
        }
        if option.children:
            shown["children"] = [
                {"self": f"{self.api}/customFieldOption/{child.id}", "value": child.value, "id": child.id}
                for child in option.children
            ]
        return shown

    # agile

    def board(self, board: FakeBoard) -> dict[str, Any]:
        """A board."""
        project = self.site.projects[board.project_key]
        return {
            "id": board.id,
            "self": f"{self.root}/rest/agile/1.0/board/{board.id}",
            "name": board.name,
            "type": board.type,
            "location": {
                "projectId": int(project.id),
                "displayName": f"{project.name} ({project.key})",
                "projectName": project.name,
                "projectKey": project.key,
                "projectTypeKey": "software",
                "avatarURI": f"{self.root}/avatar/{quote(project.key)}",
                "name": f"{project.name} ({project.key})",
            },
            "isPrivate": False,
        }

    def sprint(self, sprint: FakeSprint) -> dict[str, Any]:
        """A sprint."""
        shown: dict[str, Any] = {
            "id": sprint.id,
            "self": f"{self.root}/rest/agile/1.0/sprint/{sprint.id}",
            "state": sprint.state,
            "name": sprint.name,
            "createdDate": "2026-01-01T08:00:00.000Z",
            "originBoardId": sprint.board_id,
            "goal": sprint.goal,
        }
        if sprint.state != "future":
            shown |= {"startDate": "2026-01-01T08:00:00.000Z", "endDate": "2026-01-15T08:00:00.000Z"}
        if sprint.state == "closed":
            shown["completeDate"] = "2026-01-15T08:00:00.000Z"
        return shown

    # issues

    def issue(self, issue: FakeIssue, *, fields: Collection[str], properties: Collection[str] = ()) -> dict[str, Any]:
        """An issue with the fields asked for.

        Args:
            fields: ids, `*all`, `*navigable`, or `-id` to leave one out.
            properties: keys, or `*all`.
        """
        shown: dict[str, Any] = {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
            "id": issue.id,
            "self": f"{self.api}/issue/{issue.id}",
            "key": issue.key,
            "fields": {name: self.value(issue, name) for name in self.field_names(issue, fields)},
        }
        if properties:
            shown["properties"] = {
                key: value for key, value in issue.properties.items() if key in properties or "*all" in properties
            }
        return shown

    def field_names(self, issue: FakeIssue, fields: Collection[str]) -> list[str]:
        """Ids of the fields an answer holds, for what was asked."""
        named = [name for name in fields if not name.startswith(("*", "-"))]
        left_out = {name[1:] for name in fields if name.startswith("-")}
        if "*all" in fields or "*navigable" in fields or (left_out and not named):
            screen = self.site.projects[issue.project_key].screens[issue.type_id]
            named = list(dict.fromkeys((*_SYSTEM_SHOWN, *(each.field.id for each in screen), *issue.fields, *named)))
            extra = ("comment", "subtasks") if "*navigable" not in fields else ("subtasks",)
            named += [name for name in extra if name not in named]
            if "*navigable" in fields:
                left_out |= _NOT_NAVIGABLE
        return [name for name in named if name not in left_out and name in self.site.fields]

    def value(self, issue: FakeIssue, name: str) -> Any:
        """One field of an issue."""
        system = _SYSTEM_VALUES.get(name)
        if system:
            return system(self, issue)
        field = self.site.fields[name]
        stored = issue.fields.get(name)
        if stored is None:
            return [] if field.kind in _NEVER_EMPTY else None
        return self._stored_value(field, stored, self.site.projects[issue.project_key])

    def _stored_value(self, field: FakeField, stored: Any, project: FakeProject) -> Any:
        match field.kind:
            case FieldKind.RICH_TEXT:
                document = stored.document
                return document if self.version == 3 else adf_to_text(document).rstrip("\n")
            case FieldKind.USER:
                return self.user_of(stored["accountId"])
            case FieldKind.USERS:
                return [self.user_of(each["accountId"]) for each in stored]
            case FieldKind.PRIORITY:
                return self.priority(self.site.priorities[stored["id"]], whole=False)
            case FieldKind.COMPONENTS:
                wanted = {each["id"] for each in stored}
                return [self.component(each, project) for each in project.components if each.id in wanted]
            case FieldKind.VERSIONS:
                wanted = {each["id"] for each in stored}
                return [self.version_of(each, project) for each in project.versions if each.id in wanted]
            case FieldKind.SECURITY:
                return {"self": f"{self.api}/securitylevel/{stored['id']}", "description": "", **stored}
            case FieldKind.TEAM:
                return {**stored, "title": stored["name"], "isShared": True, "isVisible": True, "avatarUrl": ""}
            case FieldKind.REQUEST_TYPE:
                return {"requestType": stored}
            case FieldKind.VERSION:
                return next(
                    (self.version_of(each, project) for each in project.versions if each.id == stored["id"]), None
                )
            case FieldKind.OPTION | FieldKind.CASCADE | FieldKind.RADIO:
                return {"self": f"{self.api}/customFieldOption/{stored['id']}", **stored}
            case FieldKind.OPTIONS | FieldKind.CHECKBOXES:
                return [{"self": f"{self.api}/customFieldOption/{each['id']}", **each} for each in stored]
            case FieldKind.SPRINT:
                sprint = self.site.sprints[stored]
                return [
                    {
                        "id": sprint.id,
                        "name": sprint.name,
                        "state": sprint.state,
                        "boardId": sprint.board_id,
                        "goal": sprint.goal,
                    }
                ]
            case FieldKind.PARENT:
                parent = self.site.find_issue(stored["id"])
                return self.linked_issue(parent) if parent else None
            case _:
                return stored

    def linked_issue(self, issue: FakeIssue) -> dict[str, Any]:
        """An issue as another one shows it."""
        return {
            "id": issue.id,
            "key": issue.key,
            "self": f"{self.api}/issue/{issue.id}",
            "fields": {name: self.value(issue, name) for name in ("summary", "status", "priority", "issuetype")},
        }

    def link(self, link: FakeLink, of: str | None = None) -> dict[str, Any]:
        """A link; as one of its ends (the key `of`) shows it, or with both."""
        link_type = next(each for each in self.site.link_types.values() if each.name == link.type)
        shown: dict[str, Any] = {
            "id": link.id,
            "self": f"{self.api}/issueLink/{link.id}",
            "type": self.link_type(link_type),
        }
        if of != link.inward:
            shown["inwardIssue"] = self.linked_issue(self.site.issues[link.inward])
        if of != link.outward:
            shown["outwardIssue"] = self.linked_issue(self.site.issues[link.outward])
        return shown

    def attachment(self, attachment: FakeAttachment) -> dict[str, Any]:
        """An attachment as its issue shows it."""
        shown: dict[str, Any] = {
            "self": f"{self.api}/attachment/{attachment.id}",
            "id": attachment.id,
            "filename": attachment.filename,
            "author": self.user_of(attachment.author),
            "created": self.timestamp(attachment.created),
            "size": attachment.size,
            "mimeType": attachment.mime_type,
            "content": f"{self.api}/attachment/content/{attachment.id}",
        }
        if attachment.mime_type.startswith("image/"):
            shown["thumbnail"] = f"{self.api}/attachment/thumbnail/{attachment.id}"
        return shown

    def comment(self, comment: FakeComment, issue: FakeIssue) -> dict[str, Any]:
        """A comment."""
        author = self.user_of(comment.author)
        when = self.timestamp(comment.created)
        return {
            "self": f"{self.api}/issue/{issue.id}/comment/{comment.id}",
            "id": comment.id,
            "author": author,
            "body": comment.body if self.version == 3 else adf_to_text(comment.body).rstrip("\n"),
            "updateAuthor": author,
            "created": when,
            "updated": when,
            "jsdPublic": True,
        }

    def rendered_fields(self, issue: FakeIssue) -> dict[str, Any]:
        """The issue's rich texts as HTML."""
        return {
            name: adf_to_html(value.document)
            for name, value in issue.fields.items()
            if self.site.fields[name].kind is FieldKind.RICH_TEXT
        }

    def timestamp(self, moment: datetime) -> str:
        """A moment in the viewer's time zone, as REST writes it: `2026-10-02T09:30:00.000+0200`."""
        local = moment.astimezone(zone_of(self.viewer))
        return f"{local:%Y-%m-%dT%H:%M:%S}.{math.floor(local.microsecond / 1000):03d}{local:%z}"


def zone_of(user: FakeUser | None) -> tzinfo:
    """A user's time zone; UTC where the machine does not know it."""
    return _zone(user.time_zone if user else "Etc/UTC")


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _issue_type_of(view: View, issue: FakeIssue) -> Any:
    types = view.site.projects[issue.project_key].issue_types
    return next((view.issue_type(each) for each in types if each.id == issue.type_id), None)


def _comments(view: View, issue: FakeIssue) -> Any:
    shown = [view.comment(each, issue) for each in issue.comments]
    return {
        "comments": shown,
        "self": f"{view.api}/issue/{issue.id}/comment",
        "maxResults": len(shown),
        "total": len(shown),
        "startAt": 0,
    }


def _subtasks(view: View, issue: FakeIssue) -> Any:
    below = (each for each in view.site.issues.values() if each.parent == issue.key)
    home = {each.id: each for project in view.site.projects.values() for each in project.issue_types}
    return [view.linked_issue(each) for each in below if home[each.type_id].is_subtask]


_SYSTEM_VALUES: Mapping[str, Callable[[View, FakeIssue], Any]] = {
    "issuetype": _issue_type_of,
    "project": lambda view, issue: view.project(view.site.projects[issue.project_key], whole=False),
    "status": lambda view, issue: view.status(view.site.statuses[issue.status_id]),
    "creator": lambda view, issue: view.user_of(issue.creator),
    "created": lambda view, issue: view.timestamp(issue.created),
    "updated": lambda view, issue: view.timestamp(issue.updated),
    "resolution": lambda _, __: None,
    "attachment": lambda view, issue: [view.attachment(each) for each in issue.attachments],
    "issuelinks": lambda view, issue: [view.link(each, issue.key) for each in view.site.links_of(issue.key)],
    "comment": _comments,
    "subtasks": _subtasks,
}

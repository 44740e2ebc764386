"""Who may do what: the permissions an export asks for, granted until a test revokes one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission as `GET /mypermissions` describes it. `type`: `PROJECT` or `GLOBAL`."""

    id: str
    name: str
    type: str = "PROJECT"


PERMISSIONS: Mapping[str, Permission] = {
    "ADMINISTER": Permission("0", "Administer Jira", "GLOBAL"),
    "USER_PICKER": Permission("27", "Browse users and groups", "GLOBAL"),
    "BULK_CHANGE": Permission("33", "Make bulk changes", "GLOBAL"),
    "ADMINISTER_PROJECTS": Permission("23", "Administer Projects"),
    "BROWSE_PROJECTS": Permission("10", "Browse Projects"),
    "CREATE_ISSUES": Permission("11", "Create Issues"),
    "EDIT_ISSUES": Permission("12", "Edit Issues"),
    "ASSIGN_ISSUES": Permission("13", "Assign Issues"),
    "ASSIGNABLE_USER": Permission("17", "Assignable User"),
    "RESOLVE_ISSUES": Permission("14", "Resolve Issues"),
    "ADD_COMMENTS": Permission("15", "Add Comments"),
    "DELETE_ISSUES": Permission("16", "Delete Issues"),
    "CREATE_ATTACHMENTS": Permission("19", "Create Attachments"),
    "LINK_ISSUES": Permission("21", "Link Issues"),
    "SCHEDULE_ISSUES": Permission("28", "Schedule Issues"),
    "TRANSITION_ISSUES": Permission("46", "Transition Issues"),
    "MODIFY_REPORTER": Permission("30", "Modify Reporter"),
    "SET_ISSUE_SECURITY": Permission("26", "Set Issue Security"),
    "MANAGE_SPRINTS_PERMISSION": Permission("50", "Manage sprints"),
}

FIELD_PERMISSIONS: Mapping[str, str] = {
    "assignee": "ASSIGN_ISSUES",
    "duedate": "SCHEDULE_ISSUES",
    "reporter": "MODIFY_REPORTER",
    "security": "SET_ISSUE_SECURITY",
}
"""Fields a screen shows only to those who hold a permission."""


class Grants:
    """Everything but administration is granted to everybody, except what was revoked."""

    def __init__(self, is_archived: Callable[[str], bool] = lambda project: False) -> None:  # noqa: ARG005
        self._is_archived = is_archived
        self._revoked: set[tuple[str, str | None, str | None]] = {
            ("ADMINISTER", None, None),
            ("ADMINISTER_PROJECTS", None, None),
        }

    def revoke(self, permission: str, *, account_id: str | None = None, project: str | None = None) -> None:
        """Take a permission away: from one account or all, in one project or all."""
        self._check(permission)
        self._revoked.add((permission, account_id, project))

    def grant(self, permission: str, *, account_id: str | None = None, project: str | None = None) -> None:
        """Undo `revoke` with the same arguments."""
        self._check(permission)
        self._revoked.discard((permission, account_id, project))

    def allows(self, permission: str, account_id: str, project: str | None) -> bool:
        """Whether that account holds the permission; in an archived project, none but to browse.

        What an archived project answers is inferred from its being read-only; no record was found.
        """
        if project is not None and permission != "BROWSE_PROJECTS" and self._is_archived(project):
            return False
        return not any(
            (permission, who, where) in self._revoked for who in (None, account_id) for where in (None, project)
        )

    @staticmethod
    def _check(permission: str) -> None:
        if permission not in PERMISSIONS:
            message = f"unknown permission {permission!r}; known: {', '.join(PERMISSIONS)}"
            raise LookupError(message)

"""Which function answers which request, and what such a function is given."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jira_session_export._testing.fake_jira.entities import FakeIssue, FakeUser
from jira_session_export._testing.fake_jira.exchange import Answer, NotAuthenticated, Problem, Refused, Request
from jira_session_export._testing.fake_jira.faults import FaultKind
from jira_session_export._testing.fake_jira.render import View
from jira_session_export._testing.fake_jira.screens import FakeProject
from jira_session_export._testing.fake_jira.state import Site
from jira_session_export._testing.fake_jira.validation import find_project

READ_WORK = "read:jira-work"
WRITE_WORK = "write:jira-work"
READ_USERS = "read:jira-user"
CONFIGURE = "manage:jira-configuration"


@dataclass(frozen=True)
class Call:
    """A request on its way through a route.

    Attributes:
        caller: who calls; None for an anonymous call.
        params: the path's variable parts.
        fault: what goes wrong with it; it says which issues of a bulk create are made, or refused.
    """

    site: Site
    request: Request
    caller: FakeUser | None
    params: dict[str, str]
    fault: FaultKind | None = None

    @property
    def user(self) -> FakeUser:
        """The caller, where the route asks for a login."""
        if self.caller is None:
            raise NotAuthenticated(self.site.say("not_authenticated"), self.site.base_url)
        return self.caller

    @cached_property
    def version(self) -> int:
        """Of the REST API: 3 or 2 (`latest` is 2)."""
        return 3 if self.request.segments[2] == "3" else 2

    @cached_property
    def view(self) -> View:
        """Renders for the caller, with `self` links on the base the call used."""
        request = self.request
        root = request.origin + (f"/ex/jira/{request.cloud_id}" if request.cloud_id else "")
        return View(self.site, self.caller, root, f"{root}/rest/api/{self.version}", self.version)

    @cached_property
    def json(self) -> Any:
        """The body."""
        content_type = self.request.headers.get("content-type", "")
        if "json" not in content_type:
            named = content_type or "application/octet-stream"
            raise Problem(415, f"Content-Type '{named}' is not supported.", headers={"accept": "application/json"})
        try:
            return json.loads(self.request.body)
        except ValueError as exc:
            raise Refused(400, self.site.say("json_invalid")) from exc

    @property
    def object(self) -> dict[str, Any]:
        """The body, which must be a JSON object."""
        if not isinstance(self.json, dict):
            raise Refused(400, self.site.say("payload_invalid"))
        return self.json

    def param(self, name: str) -> str | None:
        """A query parameter, the last if it was given several times."""
        values = self.request.query.get(name)
        return values[-1] if values else None

    def list_param(self, name: str) -> list[str]:
        """A query parameter that may hold several values, by comma or by repetition."""
        return [part.strip() for each in self.request.query.get(name, ()) for part in each.split(",") if part.strip()]

    def int_param(self, name: str, default: int) -> int:
        """A query parameter that is a number."""
        text = self.param(name)
        if text is None or text == "":
            return default
        try:
            return int(text)
        except ValueError as exc:
            raise Refused(400, self.site.say("payload_invalid")) from exc

    def flag(self, name: str, *, default: bool) -> bool:
        """A query parameter that is true or false."""
        text = self.param(name)
        return default if text is None else text.lower() == "true"

    def project(self, id_or_key: str | None = None) -> FakeProject:
        """The project of that id or key (the path's `project` when absent), which the caller must be able to see."""
        wanted = self.params["project"] if id_or_key is None else id_or_key
        project = find_project(self.site, self.caller, wanted)
        if project is None:
            raise Refused(404, self.site.say("project_missing", key=wanted))
        return project

    def issue(self, id_or_key: str | None = None) -> FakeIssue:
        """The issue of that id or key (the path's `issue` when absent), which the caller must be able to see."""
        issue = self.site.find_issue(self.params["issue"] if id_or_key is None else id_or_key)
        if issue is None or not self.may("BROWSE_PROJECTS", issue.project_key):
            raise Refused(404, self.site.say("issue_missing"))
        return issue

    def may(self, permission: str, project_key: str | None = None) -> bool:
        """Whether the caller holds a permission."""
        return self.caller is not None and self.site.grants.allows(permission, self.caller.account_id, project_key)

    def page(
        self, items: Sequence[Any], show: Callable[[Any], Any], *, default: int = 50, cap: int = 50
    ) -> dict[str, Any]:
        """A page bean: `startAt`, `maxResults` as served, `total`, `isLast`, `values`; too large a page is cut."""
        start = max(0, self.int_param("startAt", 0))
        size = max(1, min(self.int_param("maxResults", default), cap))
        return {
            "maxResults": size,
            "startAt": start,
            "total": len(items),
            "isLast": start + size >= len(items),
            "values": [show(each) for each in items[start : start + size]],
        }

    def linked_page(self, items: Sequence[Any], show: Callable[[Any], Any], **limits: int) -> dict[str, Any]:
        """A page bean of the platform, which also links itself and the next page."""
        bean = self.page(items, show, **limits)
        address = f"{self.view.root}{self.request.path}"
        bean["self"] = f"{address}?maxResults={bean['maxResults']}&startAt={bean['startAt']}"
        if not bean["isLast"]:
            following = bean["startAt"] + bean["maxResults"]
            bean["nextPage"] = f"{address}?maxResults={bean['maxResults']}&startAt={following}"
        return bean


@dataclass(frozen=True, slots=True)
class Route:
    """One method and path.

    Attributes:
        scopes: what a scoped token must hold, all of them.
        is_open: whether a call without (good) credentials gets this far; it then sees nothing that is not public.
    """

    method: str
    pattern: tuple[str, ...]
    handler: Callable[[Call], Answer]
    scopes: tuple[str, ...]
    is_open: bool


class Routes:
    """Routes of one family, collected by decorators."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self.routes: list[Route] = []

    def __call__(
        self, method: str, path: str, *scopes: str, is_open: bool = False
    ) -> Callable[[Callable[[Call], Answer]], Callable[[Call], Answer]]:
        """Answer a method and path with the decorated function.

        Args:
            path: segments in braces are variable: `/issue/{issue}`.
            scopes: default to reading or writing work, by method.
        """
        needed = scopes or ((READ_WORK,) if method == "GET" else (WRITE_WORK,))
        pattern = tuple(part for part in f"{self._prefix}{path}".split("/") if part)

        def register(handler: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
            self.routes.append(Route(method, pattern, handler, needed, is_open))
            return handler

        return register


def _no_endpoint(method: str, segments: Sequence[str]) -> Problem:
    path = "/" + "/".join(segments)
    return Problem(404, f"No endpoint {method} {path}.", path=path)


@dataclass(slots=True)
class _Branch:
    fixed: dict[str, "_Branch"] = field(default_factory=dict)
    variable: "_Branch | None" = None
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """Finds the route for a path, one step per segment."""

    def __init__(self, families: Iterable[Routes]) -> None:
        self._root = _Branch()
        for family in families:
            for route in family.routes:
                self._add(route)

    def find(self, method: str, segments: Sequence[str]) -> tuple[Route, dict[str, str]]:
        """The route, and the path's variable parts by name.

        Raises:
            Refused: 404 for a path nobody answers, 405 for one that is answered for other methods only.
        """
        branch, variables = self._root, []
        for segment in segments:
            following = branch.fixed.get(segment)
            if following is None:
                following = branch.variable
                variables.append(segment)
            if following is None:
                raise _no_endpoint(method, segments)
            branch = following
        route = branch.routes.get(method)
        if route is None and branch.routes:
            allowed = ",".join(sorted(branch.routes))
            raise Problem(405, f"Method '{method}' is not supported.", headers={"allow": allowed})
        if route is None:
            raise _no_endpoint(method, segments)
        names = [part[1:-1] for part in route.pattern if part.startswith("{")]
        return route, dict(zip(names, variables, strict=True))

    def _add(self, route: Route) -> None:
        branch = self._root
        for part in route.pattern:
            if part.startswith("{"):
                branch.variable = branch.variable or _Branch()
                branch = branch.variable
            else:
                branch = branch.fixed.setdefault(part, _Branch())
        branch.routes[route.method] = route

"""How long this Jira takes for a request."""

import json
from dataclasses import dataclass

from jira_session_export._testing.fake_jira.exchange import Request


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds a request takes, half of them before it is carried out.

    Attributes:
        per_request: of every request.
        per_issue: more, for each issue of a bulk create.
    """

    per_request: float = 0.0
    per_issue: float = 0.0

    def of(self, request: Request) -> float:
        """The seconds this request takes."""
        if not self.per_issue or request.method != "POST" or request.resource != "/issue/bulk":
            return self.per_request
        try:
            updates = json.loads(request.body)["issueUpdates"]
        except (ValueError, TypeError, KeyError):
            return self.per_request
        return self.per_request + self.per_issue * (len(updates) if isinstance(updates, list) else 0)


NO_LATENCY = Latency()

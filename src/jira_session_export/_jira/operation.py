"""What is asked of Jira, as one value that pacing, retrying and error messages share."""

from dataclasses import dataclass
from enum import Enum


class Effect(Enum):
    """What repeating a request would do."""

    READ = "changes nothing"
    IDEMPOTENT = "writes, and a repetition leaves things as they are"
    ADDITIVE = "writes, and a repetition adds one more"


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of request.

    Attributes:
        path: below the base address, with ids filled in and quoted; without the query, which may name people.
        purpose: completes "Jira refused to …".
        endpoint: what Jira's rate limits count together: the path's template; the path itself when empty.
        authenticated: whether our credentials go with it.
        redirects: whether a redirect is the answer hoped for.
    """

    method: str
    path: str
    purpose: str
    effect: Effect = Effect.READ
    endpoint: str = ""
    authenticated: bool = True
    redirects: bool = False

    @property
    def name(self) -> str:
        """Method and path, for errors and logs."""
        return f"{self.method} {self.path}"

    @property
    def paced_as(self) -> str:
        """The key of the endpoint's pause."""
        return f"{self.method} {self.endpoint or self.path}"

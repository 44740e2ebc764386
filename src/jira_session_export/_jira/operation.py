"""What is asked of Jira, as one value that pacing, retrying and error messages share."""

from dataclasses import dataclass
from enum import Enum

READ_WORK = "read:jira-work"
WRITE_WORK = "write:jira-work"
READ_USERS = "read:jira-user"
READ_BOARDS = ("read:board-scope:jira-software", "read:project:jira")
READ_SPRINTS = ("read:sprint:jira-software",)
WRITE_SPRINTS = ("write:sprint:jira-software",)
WRITE_EPICS = ("write:epic:jira-software",)
"""Scopes of OAuth 2.0 and of API tokens with scopes.

Source: `security` of each operation in Atlassian's OpenAPI documents of platform and Jira Software (August 2026).
"""


LARGEST_ANSWER = 1_000_000
"""Bytes of what Jira says about one thing, or that it has done something."""
LARGEST_LIST = 8_000_000
"""Bytes of a page or a list: a create screen with fields that have thousands of options, a thousand people."""
LARGEST_ISSUES = 16_000_000
"""Bytes of a page of issues with their descriptions, whose text may have 32,767 characters each."""
LARGEST_REFUSAL = 256_000
"""Bytes of an answer that is no success."""


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
        scopes: what a token with scopes must hold for it.
        proves_address: whether every Jira Cloud answers it, so that a "not found" or a web page is a wrong address.
        answers: statuses besides 2xx whose body may be what the operation returns.
        largest_answer: bytes of an answer, decompressed; a larger one is not Jira's, and is not read to its end.
    """

    method: str
    path: str
    purpose: str
    effect: Effect = Effect.READ
    endpoint: str = ""
    authenticated: bool = True
    redirects: bool = False
    scopes: tuple[str, ...] = ()
    proves_address: bool = False
    answers: frozenset[int] = frozenset()
    largest_answer: int = LARGEST_ANSWER

    @property
    def name(self) -> str:
        """Method and path, for errors and logs."""
        return f"{self.method} {self.path}"

    @property
    def paced_as(self) -> str:
        """The key of the endpoint's pause."""
        return f"{self.method} {self.endpoint or self.path}"

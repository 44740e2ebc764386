"""Reads Jira's answers within bounds, whoever gave them."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from jira_session_export._jira.http import HttpResponse
from jira_session_export._jira.operation import Operation
from jira_session_export._json_size import count_values
from jira_session_export.errors import UnreadableAnswerError

M = TypeVar("M", bound=BaseModel)

MOST_VALUES = 200_000
"""Values of one answer: what Jira says of a create screen with thousands of options has some ten thousand."""

MOST_PAGES = 1_000
"""Pages of one list; no site has as many boards, and no session as many issues."""


def read_answer(model: type[M], response: HttpResponse) -> M:
    """The answer as what it should be.

    Raises:
        ValueError: it is something else, or more than Jira would say.
    """
    if (values := count_values(response.body)) > MOST_VALUES:
        raise ValueError(f"an answer of {values:,} values")
    return model.model_validate_json(response.body)


class Pages:
    """Sees to it that a list ends: each page must bring something new, and there may not be too many."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._seen: set[Any] = set()
        self._tokens: set[str] = set()
        self._count = 0

    def take(self, items: Sequence[Any], token: str = "") -> None:
        """Count a page.

        Args:
            token: by which the page after it is asked for.

        Raises:
            UnreadableAnswerError: it brings nothing new, or is one too many.
        """
        before = len(self._seen)
        self._seen.update(getattr(item, "id", None) or getattr(item, "field_id", None) for item in items)
        self._count += 1
        if (items and len(self._seen) == before) or token in self._tokens:
            raise self._endless("a page repeats what came before it")
        if self._count > MOST_PAGES:
            raise self._endless(f"there are more than {MOST_PAGES:,} pages")
        if token:
            self._tokens.add(token)

    def _endless(self, why: str) -> UnreadableAnswerError:
        name = self._operation.name
        return UnreadableAnswerError(
            f"Could not {self._operation.purpose}: the answers to {name} do not end: {why}.", operation=name
        )

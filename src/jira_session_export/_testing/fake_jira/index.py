"""The search index: it learns of every change, but only after a while."""

import copy
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from jira_session_export._testing.fake_jira.entities import FakeIssue


class SearchIndex:
    """What a search sees.

    A change becomes visible `lag` seconds after it was made. Without lag a search sees the database.
    """

    def __init__(self, now: Callable[[], datetime], lag: float) -> None:
        self.lag = lag
        self._now = now
        self._version = 0
        self._seen: dict[str, tuple[int, FakeIssue | None]] = {}
        self._coming: deque[tuple[datetime, int, str, FakeIssue | None]] = deque()

    def note(self, issue: FakeIssue, *, deleted: bool = False, at: datetime | None = None) -> None:
        """Take in a change made `at` a time, or now.

        A shallow copy keeps how the issue is now: its `fields` are never changed in place.
        """
        self._version += 1
        if self.lag <= 0 and not self._coming:
            self._seen[issue.id] = (self._version, None if deleted else issue)
            return
        due = (at or self._now()) + timedelta(seconds=self.lag)
        self._coming.append((due, self._version, issue.id, None if deleted else copy.copy(issue)))

    def documents(self) -> Iterator[FakeIssue]:
        """The issues as the index knows them, oldest first."""
        self._catch_up()
        return (issue for _, issue in self._seen.values() if issue is not None)

    def _catch_up(self) -> None:
        now = self._now()
        waiting: deque[tuple[datetime, int, str, FakeIssue | None]] = deque()
        for due, version, issue_id, issue in self._coming:
            if due > now:
                waiting.append((due, version, issue_id, issue))
            elif version > self._seen.get(issue_id, (0, None))[0]:
                self._seen[issue_id] = (version, issue)
        self._coming = waiting

"""A local Jira Cloud: state, wire, routes, and ways to reach them."""

from jira_session_export._testing.fake_jira.fake import FakeJira

__all__ = ["FakeJira"]

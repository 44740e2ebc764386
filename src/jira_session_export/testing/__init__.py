"""For hosts' own tests: a local Jira and a runtime whose time costs nothing."""

from jira_session_export.testing.runtime import FakeClock, FakeRuntime

__all__ = ["FakeClock", "FakeRuntime"]

"""For hosts' own tests: a local Jira and a runtime whose time costs nothing."""

from jira_session_export._testing.attachments import AttachmentConformance
from jira_session_export._testing.conformance import StoreConformance
from jira_session_export._testing.fake_jira import FakeJira, faults
from jira_session_export._testing.fake_jira.exchange import RecordedRequest
from jira_session_export._testing.fake_jira.faults import Fault
from jira_session_export._testing.fake_jira.limits import RateLimits
from jira_session_export._testing.runtime import FakeClock, FakeRuntime

__all__ = [
    "AttachmentConformance",
    "FakeClock",
    "FakeJira",
    "FakeRuntime",
    "Fault",
    "RateLimits",
    "RecordedRequest",
    "StoreConformance",
    "faults",
]

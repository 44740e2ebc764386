"""For hosts' own tests: a local Jira, a runtime whose time costs nothing, and conformance suites."""

from jira_session_export._testing import (
    AttachmentConformance,
    FakeClock,
    FakeJira,
    FakeRuntime,
    StoreConformance,
    faults,
)
from jira_session_export._testing.fake_jira.auth import OAuthGrant
from jira_session_export._testing.fake_jira.entities import (
    FakeAttachment,
    FakeBoard,
    FakeComment,
    FakeComponent,
    FakeIssue,
    FakeIssueType,
    FakeLink,
    FakeLinkType,
    FakePriority,
    FakeRemoteLink,
    FakeSprint,
    FakeStatus,
    FakeUser,
    FakeVersion,
)
from jira_session_export._testing.fake_jira.exchange import Answer, RecordedRequest, Request
from jira_session_export._testing.fake_jira.faults import Ending, Fault, FaultKind, Faults
from jira_session_export._testing.fake_jira.fields import FakeField, FakeOption, FieldKind
from jira_session_export._testing.fake_jira.latency import Latency
from jira_session_export._testing.fake_jira.limits import RateLimitReason, RateLimits
from jira_session_export._testing.fake_jira.screens import CreateScreen, FakeProject, ScreenField
from jira_session_export._testing.fake_jira.state import Options
from jira_session_export._testing.fake_jira.transport import FakeTransport

__all__ = [
    "Answer",
    "AttachmentConformance",
    "CreateScreen",
    "Ending",
    "FakeAttachment",
    "FakeBoard",
    "FakeClock",
    "FakeComment",
    "FakeComponent",
    "FakeField",
    "FakeIssue",
    "FakeIssueType",
    "FakeJira",
    "FakeLink",
    "FakeLinkType",
    "FakeOption",
    "FakePriority",
    "FakeProject",
    "FakeRemoteLink",
    "FakeRuntime",
    "FakeSprint",
    "FakeStatus",
    "FakeTransport",
    "FakeUser",
    "FakeVersion",
    "Fault",
    "FaultKind",
    "Faults",
    "FieldKind",
    "Latency",
    "OAuthGrant",
    "Options",
    "RateLimitReason",
    "RateLimits",
    "RecordedRequest",
    "Request",
    "ScreenField",
    "StoreConformance",
    "faults",
]

"""For hosts' own tests: a local Jira, a runtime whose time costs nothing, and the conformance suite of stores."""

from jira_session_export._testing import (
    FakeClock,
    FakeJira,
    FakeRuntime,
    Fault,
    RateLimits,
    RecordedRequest,
    StoreConformance,
    faults,
)

__all__ = [
    "FakeClock",
    "FakeJira",
    "FakeRuntime",
    "Fault",
    "RateLimits",
    "RecordedRequest",
    "StoreConformance",
    "faults",
]

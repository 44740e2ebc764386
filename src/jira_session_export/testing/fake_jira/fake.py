"""`FakeJira`: a Jira Cloud site in this process."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

import httpx

from jira_session_export.runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export.testing.fake_jira import seed
from jira_session_export.testing.fake_jira.auth import Authority, OAuthGrant
from jira_session_export.testing.fake_jira.entities import (
    FakeBoard,
    FakeComponent,
    FakeIssue,
    FakeLink,
    FakePriority,
    FakeSprint,
    FakeUser,
    FakeVersion,
)
from jira_session_export.testing.fake_jira.exchange import RecordedRequest
from jira_session_export.testing.fake_jira.faults import Faults
from jira_session_export.testing.fake_jira.fields import FakeField, FakeOption, Kind
from jira_session_export.testing.fake_jira.index import SearchIndex
from jira_session_export.testing.fake_jira.limits import Limiter, RateLimits
from jira_session_export.testing.fake_jira.screens import FakeProject
from jira_session_export.testing.fake_jira.service import Service
from jira_session_export.testing.fake_jira.state import Options, Site, account_id_of
from jira_session_export.testing.fake_jira.transport import FakeTransport

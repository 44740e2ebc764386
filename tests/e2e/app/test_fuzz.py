"""Schemathesis over the OpenAPI document: whatever is sent, no 5xx, and nothing the document does not name."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from anyio.from_thread import start_blocking_portal
from app.main import create_app
from app.settings import ServiceSettings, service_settings
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from jira_session_export import JiraSettings, session_id_from
from jira_session_export.testing import FakeJira

from .conftest import FAST, batch, serve

NAMES = ("Ready", "Exported")
SESSIONS = [str(session_id_from(name, "DEMO")) for name in NAMES]

NOT_PROMISED: list[Any] = [
    positive_data_acceptance,  # a well-formed request may still break a rule: 422
    negative_data_rejection,  # what plainly means a value of the right type is taken as it
]

EXAMPLES = 100 if os.environ.get("JSE_HYPOTHESIS_PROFILE") == "nightly" else 12
"""Requests for each operation."""

schema = schemathesis.openapi.from_dict(create_app(service_settings({})).openapi())


@schema.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Most ids would belong to no session: take one that is there for every other."""
    session_id = (path_parameters or {}).get("session_id")
    if path_parameters and isinstance(session_id, str) and len(session_id) == 36:
        path_parameters["session_id"] = SESSIONS[sum(session_id.encode()) % 2]
    return path_parameters


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_running(tmp_path_factory.mktemp("fuzz"))) as url,
    ):
        yield url


@asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[str]:
    """The service with a session that is ready and one that is exported."""
    jira = FakeJira()
    async with jira.serve() as jira_url:
        configured = ServiceSettings(
            export=FAST,
            jira=JiraSettings(jira_url, "service@example.com", "jira-token"),
            database_url=f"sqlite:///{folder / 'exports.sqlite3'}",
            data_dir=folder,
        )
        async with serve(configured) as service:
            await service.load(batch(2, name=NAMES[0]))
            await service.exported(batch(2, name=NAMES[1]))
            yield service.url


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_undocumented(case: schemathesis.Case[Any], address: str) -> None:
    case.call_and_validate(base_url=address, excluded_checks=NOT_PROMISED)

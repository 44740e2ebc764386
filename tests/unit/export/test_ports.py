"""Implementations take the protocols' parameters under the same names, or a type checker refuses them."""

from inspect import Parameter, signature
from typing import Any, cast

import pytest

from jira_session_export import ApiTokenAuth, InMemoryStore, JiraClient
from jira_session_export._export.ports import IssueEncoder, IssueTracker, ProjectSource, encoder_of
from jira_session_export._storage.protocols import ExportStore, SessionSource
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore


@pytest.mark.parametrize(
    ("protocol", "implementation"),
    [
        (ProjectSource, JiraClient),
        (IssueTracker, JiraClient),
        (IssueEncoder, JiraClient),
        (SessionSource, InMemoryStore),
        (ExportStore, InMemoryStore),
        (SessionSource, SqlAlchemyStore),
        (ExportStore, SqlAlchemyStore),
    ],
)
def test_parameters_have_the_same_names(protocol: type, implementation: type) -> None:
    methods = [name for name, member in vars(protocol).items() if callable(member) and not name.startswith("_")]
    assert methods
    for name in methods:
        wanted = signature(getattr(protocol, name)).parameters
        offered = signature(getattr(implementation, name)).parameters
        by_position = [each for each in wanted.values() if each.kind is Parameter.POSITIONAL_OR_KEYWORD]
        assert list(offered)[: len(by_position)] == [each.name for each in by_position], name
        assert wanted.keys() <= offered.keys(), name


async def test_only_the_class_that_creates_is_given_encoded_creates() -> None:
    class Watching(JiraClient):
        async def create_issues(self, *args: Any, **kwargs: Any) -> Any:
            return await super().create_issues(*args, **kwargs)

    class Passing:
        def __init__(self, inner: JiraClient) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

    auth = ApiTokenAuth("me@example.com", "t")
    async with (
        JiraClient("https://a.atlassian.net", auth) as client,
        Watching("https://a.atlassian.net", auth) as other,
    ):
        assert encoder_of(client) is client
        assert encoder_of(client.with_options(longest_wait_seconds=1)) is not None
        assert encoder_of(other) is None
        assert encoder_of(cast("ProjectSource", Passing(client))) is None

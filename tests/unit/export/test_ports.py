"""Implementations take the protocols' parameters under the same names, or a type checker refuses them."""

from inspect import Parameter, signature

import pytest

from jira_session_export import InMemoryStore, JiraClient
from jira_session_export._export.ports import IssueTracker, ProjectSource
from jira_session_export._storage.protocols import ExportStore, SessionSource
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore


@pytest.mark.parametrize(
    ("protocol", "implementation"),
    [
        (ProjectSource, JiraClient),
        (IssueTracker, JiraClient),
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

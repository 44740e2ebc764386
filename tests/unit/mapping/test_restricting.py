import pytest

from jira_session_export._mapping.restricting import names_restricting_field


@pytest.mark.parametrize(
    "name",
    [
        "security",
        "Security Level",
        "SECURITY_LEVEL",
        "security-level",
        " Security  Level ",
        "Securty Level",
        "Seucrity level",
        "Security Levels",
        "Issue Security",
        "Niveau de sécurité",
        "Niveau de se\u0301curite\u0301",
        "セキュリティ レベル",
        "Restrict to",
        "issuerestriction",
    ],
)
def test_names_of_fields_that_restrict_who_sees_an_issue(name: str) -> None:
    assert names_restricting_field(name)


@pytest.mark.parametrize(
    "name", ["", "Severity level", "Security review", "Security team", "Team", "Level", "customfield_10010"]
)
def test_names_of_other_fields(name: str) -> None:
    assert not names_restricting_field(name)

from typing import Any

import pytest

from jira_session_export._jira.wire import Project, User
from jira_session_export._mapping.metadata import Found
from jira_session_export._mapping.people import find_account
from jira_session_export._mapping.values import UnusableValueError

LEAD = User(account_id="712020:lead", display_name="Lea Lead")
DEPUTY = User(account_id="712020:deputy", display_name="Dee Deputy")
LED = Project(id="1", key="PROJ", assignee_type="PROJECT_LEAD", lead=LEAD)


def why(kit: Any, term: str, *, assignable: bool, **known: Any) -> UnusableValueError:
    with pytest.raises(UnusableValueError) as caught:
        find_account(term, kit.metadata(**known), assignable=assignable)
    return caught.value


@pytest.mark.parametrize("word", ["me", "ME", "@me", "currentUser()"])
@pytest.mark.parametrize("assignable", [True, False])
def test_me_is_the_account_that_exports(kit: Any, word: str, assignable: bool) -> None:
    assert find_account(word, kit.metadata(), assignable=assignable) == "712020:bot"


def test_somebody_who_cannot_be_assigned_can_still_report(kit: Any) -> None:
    guest = User(account_id="712020:guest", display_name="Gil Guest")
    metadata = kit.metadata().with_lookups(Found(people={"Gil Guest": (guest,)}, assignable={"Gil Guest": ()}))
    assert find_account("gil  guest", metadata, assignable=False) == "712020:guest"
    assert "cannot be assigned to that person" in why_of(metadata, "Gil Guest")


def why_of(metadata: Any, term: str) -> str:
    with pytest.raises(UnusableValueError) as caught:
        find_account(term, metadata, assignable=True)
    return caught.value.why


def test_a_search_that_jira_refuses_is_the_reason(kit: Any) -> None:
    """Not "cannot be assigned" or "nobody could be found", which nobody has looked into."""
    refused = why(kit, "Kim", assignable=True, users=(), users_refused="You are not authorized to browse users.")
    assert refused.why == "the exporting account cannot search for people: You are not authorized to browse users"
    assert "Browse users and groups" in refused.action
    silent = why(kit, "Kim", assignable=False, permissions={"USER_PICKER": False})
    assert "lacks the global permission Browse users and groups" in silent.why
    one = why(kit, "Kim", assignable=False, people_refused={"Kim": "Not now."})
    assert "Not now" in one.why


def test_a_name_is_found_however_its_letters_are_made(kit: Any) -> None:
    metadata = kit.metadata(users=(User(account_id="1:a", display_name="Zoë\u00a0Núñez"),))
    assert find_account("Zoe\u0308 Nu\u0301n\u0303ez", metadata, assignable=True) == "1:a"

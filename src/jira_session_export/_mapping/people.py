"""People: the account an account id, an e-mail address or a display name stands for."""

from typing import Any

from jira_session_export._jira.wire import User
from jira_session_export._mapping.metadata import ProjectMetadata, looks_like_account_id
from jira_session_export._mapping.values import Context, UnusableValueError, term_of
from jira_session_export._mapping.wording import choices


def to_person(value: Any, context: Context) -> dict[str, str]:
    """An account; an assignee must be assignable."""
    term = term_of(value)
    return {"accountId": find_account(term, context.metadata, assignable=context.field.field_id == "assignee")}


def find_account(term: str, metadata: ProjectMetadata, *, assignable: bool) -> str:
    """The account id of an account id, e-mail address or display name.

    An account id that was not looked up is taken as it is, and Jira decides.

    Args:
        assignable: only people that issues of the project can be assigned to.

    Raises:
        UnusableValueError: nobody fits, several do, or the account is deactivated.
    """
    found = metadata.people(term)
    if not found and not assignable and metadata.myself is not None and _is(metadata.myself, term):
        found = (metadata.myself,)
    active = [user for user in found if user.active]
    if len(active) == 1:
        return active[0].account_id
    if active:
        candidates = choices([f"{user.display_name} ({user.account_id})" for user in active])
        raise UnusableValueError(
            f"several people fit: {candidates}", "Choose the right person; in tickets, name people by account id."
        )
    if found:
        raise UnusableValueError("that account is deactivated")
    known_not_to_be = assignable and (metadata.users_complete or term in metadata.found_people)
    if looks_like_account_id(term) and not known_not_to_be:
        return term
    if "@" in term:
        raise UnusableValueError(
            "nobody with that address could be found (people can hide their address in Jira)",
            "Choose the right person; in tickets, name people by account id.",
        )
    raise UnusableValueError(
        "issues of this project cannot be assigned to such a person" if assignable else "nobody could be found"
    )


def _is(user: User, term: str) -> bool:
    names = {user.account_id, user.display_name.casefold(), (user.email_address or "").casefold()}
    return term in names or term.casefold() in names

"""People: the account an account id, an e-mail address or a display name stands for."""

from typing import Any

from jira_session_export._mapping.metadata import ProjectMetadata, looks_like_account_id
from jira_session_export._mapping.names import name_key
from jira_session_export._mapping.values import Context, UnusableValueError, term_of
from jira_session_export._mapping.wording import choices

_ME = frozenset({"me", "@me", "currentuser()"})
UNASSIGNED_WORDS = frozenset({"unassigned"})
AUTOMATIC_WORDS = frozenset({"automatic", "-1"})
_BY_ACCOUNT_ID = "Choose the right person; in tickets, name people by account id."


def is_me(term: str) -> bool:
    """Whether a ticket means the account the export runs as."""
    return name_key(term) in _ME


def is_special(term: str) -> bool:
    """Whether it is one of these words, for which nobody is looked up."""
    return name_key(term) in _ME | UNASSIGNED_WORDS | AUTOMATIC_WORDS


def to_person(value: Any, context: Context) -> dict[str, str]:
    """An account; an assignee must be assignable."""
    term = term_of(value)
    return {"accountId": find_account(term, context.metadata, assignable=context.field.field_id == "assignee")}


def find_account(term: str, metadata: ProjectMetadata, *, assignable: bool) -> str:
    """The account id of an account id, e-mail address or display name, or of the words for oneself.

    An account id that was not looked up is taken as it is, and Jira decides.

    Args:
        assignable: only people that issues of the project can be assigned to.

    Raises:
        UnusableValueError: nobody fits, several do, the account is deactivated, or Jira lets nobody be searched for.
    """
    if is_me(term) and metadata.myself is not None:
        return metadata.myself.account_id
    found = metadata.people(term, assignable=assignable)
    active = [user for user in found if user.active]
    if len(active) == 1:
        return active[0].account_id
    if active:
        candidates = choices([f"{user.display_name} ({user.account_id})" for user in active])
        raise UnusableValueError(f"several people fit: {candidates}", _BY_ACCOUNT_ID)
    if found:
        raise UnusableValueError("that account is deactivated")
    known_not_to_be = assignable and term in metadata.found_assignable
    if looks_like_account_id(term) and not known_not_to_be:
        return term
    raise _not_found(term, metadata, assignable=assignable)


def _not_found(term: str, metadata: ProjectMetadata, *, assignable: bool) -> UnusableValueError:
    if refused := metadata.search_refused(term, assignable=assignable):
        return UnusableValueError(
            f"the exporting account cannot search for people: {refused.rstrip('.')}",
            "Choose the right person. Ask a Jira administrator to grant the account the global permission Browse users "
            "and groups, or name people by account id.",
        )
    if "@" in term:
        return UnusableValueError(
            "nobody with that address could be found (people can hide their address in Jira)", _BY_ACCOUNT_ID
        )
    if not assignable:
        return UnusableValueError("nobody could be found")
    known = metadata.people(term, assignable=False)
    who = "that person" if any(user.active for user in known) else "such a person"
    return UnusableValueError(f"issues of this project cannot be assigned to {who}")

"""How the tickets of a session compare with what was exported of them; reads the store alone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jira_session_export._fingerprint import edited_fields
from jira_session_export._journal import TicketState
from jira_session_export._mapping.summary import shorten_summary
from jira_session_export.api import TicketChange
from jira_session_export.errors import TicketError

if TYPE_CHECKING:  # the status of an export is read without the models
    from jira_session_export._models import Ticket


@dataclass(frozen=True, slots=True)
class Change:
    """How one ticket compares with what was exported of it.

    Attributes:
        kind: `none`, `edited`, `removed` or `unknown`.
        fields: what was edited, in the batch file's words; empty unless `kind` is `edited`.
    """

    kind: TicketChange = "none"
    fields: tuple[str, ...] = ()


def ticket_change(state: TicketState, ticket: "Ticket | TicketError | None") -> Change:
    """Compare a ticket as it is now with what was exported of it.

    Args:
        state: of the ticket, as the store has it.
        ticket: as it is now; its error when it is no valid ticket any more; None when the session lacks it.
    """
    if state.issue is None:
        return Change()
    if state.removed or ticket is None:
        return Change("removed")
    if isinstance(ticket, TicketError):  # what was exported was valid
        return Change("edited", (ticket.field,) if ticket.field else ())
    edited = edited_fields(state.fingerprint, ticket)
    if edited is None:
        # Of an issue that was adopted, or exported before fingerprints were kept, the title may be all that is known.
        is_other = bool(state.exported_title) and not same_title(state.exported_title, ticket.title)
        return Change("edited", ("title",)) if is_other else Change("unknown")
    return Change("edited", edited) if edited else Change()


def same_title(one: str, other: str) -> bool:
    """Whether Jira shows both titles alike: it keeps one line of bounded length."""
    return _normal(one) == _normal(other)


def _normal(title: str) -> str:
    return " ".join(shorten_summary(" ".join(title.split())).split())

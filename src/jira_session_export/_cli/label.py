"""`jira-session-export results --label`: how to find a session's issues in Jira, to look at them or to undo them."""

from jira_session_export._cli.output import ExitCode, Output
from jira_session_export._envconfig import export_settings
from jira_session_export._export.adopting import key_order
from jira_session_export._export.reports import StateReader
from jira_session_export._journal import SessionState
from jira_session_export._mapping.building import session_label, session_search


async def print_label(store: StateReader, state: SessionState, output: Output) -> ExitCode:
    """Print the label, the JQL and the keys, one a line; orphans are among them."""
    tickets = await store.ticket_states(state.session_id)
    found = {issue.key for ticket in tickets for issue in (ticket.issue, *ticket.orphans) if issue is not None}
    keys = sorted(found, key=key_order)
    settings = export_settings()
    label = session_label(settings, str(state.session_id))
    jql = session_search(state.project_key, label) if label else f"key in ({', '.join(keys)})" if keys else ""
    if output.as_json:
        output.document({"session_id": str(state.session_id), "label": label, "jql": jql, "keys": keys})
        return ExitCode.DONE
    if not label:
        output.note("marker_label is empty, so the issues carry no label.")
    output.write("".join(f"{line}\n" for line in (label, jql, *keys) if line))
    return ExitCode.DONE

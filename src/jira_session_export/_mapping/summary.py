"""The summary: what Jira takes of a title."""

from jira_session_export._limits import SUMMARY_MAX_LENGTH, utf16_length


def shorten_summary(text: str) -> str:
    """The text, cut to what Jira takes; Jira counts an emoji as two characters."""
    if utf16_length(text) <= SUMMARY_MAX_LENGTH:
        return text
    cut = text[: SUMMARY_MAX_LENGTH - 1]
    while utf16_length(cut) > SUMMARY_MAX_LENGTH - 1:
        cut = cut[:-1]
    return f"{cut.rstrip()}…"

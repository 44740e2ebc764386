"""`python -m jira_session_export` is the command."""

from jira_session_export._cli import main

main()

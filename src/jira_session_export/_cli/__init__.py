"""The command `jira-session-export` (extra `cli`)."""

import sys


def main() -> None:
    """Run the command; says what to install when the extra is missing."""
    try:
        from jira_session_export._cli.app import app

        app()
    except ModuleNotFoundError as exc:
        sys.exit(f"The command needs {exc.name}: install it with pip install 'jira-session-export[cli]'.")

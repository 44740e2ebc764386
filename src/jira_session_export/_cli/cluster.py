"""What the commands around a cluster share: which database, which queue, and whether what it takes is installed."""

from importlib.util import find_spec

from jira_session_export._envconfig import environment
from jira_session_export.errors import SettingsError

INSTALL_QUEUE = "Install it: pip install 'jira-session-export[cli,distributed]'"


def cluster_database(given: str | None) -> str:
    """The database that all processes share.

    Raises:
        SettingsError: none is named.
    """
    address = given or environment().get("JSE_DATABASE_URL", "").strip()
    if not address:
        raise SettingsError(
            "There is no database: neither --database nor JSE_DATABASE_URL is set.",
            recovery_actions=[
                "Set JSE_DATABASE_URL to that of the web processes: postgresql://user:password@host/name."
            ],
        )
    return address


def queue_name(given: str | None) -> str:
    """The queue's name: as given, else `JSE_QUEUE`, else the usual one."""
    return given or environment().get("JSE_QUEUE", "").strip() or "jira_session_export"


def has_queue() -> bool:
    """Whether what the queue takes is installed."""
    return find_spec("procrastinate") is not None


def require_queue() -> None:
    """Say what to install unless it is.

    Raises:
        SettingsError: procrastinate is missing.
    """
    if not has_queue():
        raise SettingsError(
            "Workers and their queue need procrastinate, which is not installed.", recovery_actions=[INSTALL_QUEUE]
        )

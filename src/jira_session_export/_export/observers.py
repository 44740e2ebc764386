"""The observers that the environment asks for."""

from collections.abc import Mapping

from jira_session_export._envconfig import finish_settings
from jira_session_export._export.finish_command import FinishCommand
from jira_session_export._export.outcomes import OutcomeObserver
from jira_session_export._export.webhook import Webhook


def outcome_observers(
    env: Mapping[str, str] | None = None, *, webhook_url: str | None = None, command: str | None = None
) -> list[OutcomeObserver]:
    """Who is told when an export has ended: `JSE_WEBHOOK_URL` with `JSE_WEBHOOK_SECRET`, and `JSE_ON_FINISH`.

    Args:
        env: the environment; the process's when None.
        webhook_url, command: go before their variables.

    Raises:
        SettingsError: an address, a secret or a command cannot be one.
    """
    settings = finish_settings(env)
    observers: list[OutcomeObserver] = []
    if url := webhook_url or settings.webhook_url:
        observers.append(Webhook(url, settings.webhook_secret or None))
    if line := command or settings.command:
        observers.append(FinishCommand(line))
    return observers

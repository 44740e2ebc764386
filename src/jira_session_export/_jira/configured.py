"""Makes from `JiraSettings` what a client takes."""

from pathlib import Path

from jira_session_export._envconfig import JiraSettings
from jira_session_export._jira.auth import ApiTokenAuth, BearerAuth
from jira_session_export._jira.oauth import OAuth2Auth
from jira_session_export._jira.tokens_file import TokensFile


def auth_from(settings: JiraSettings) -> ApiTokenAuth | BearerAuth | OAuth2Auth:
    """The way to sign in that the settings name.

    Raises:
        SettingsError: a token cannot be sent, or the file with the tokens cannot be read.
    """
    if settings.oauth_tokens_file:
        file = TokensFile(Path(settings.oauth_tokens_file))
        return OAuth2Auth(
            client_id=settings.oauth_client_id,
            client_secret=settings.oauth_client_secret,
            tokens=file.read(),
            save=file.save,
            load=file.load,
            cloud_id=settings.cloud_id,
        )
    if settings.access_token:
        return BearerAuth(settings.access_token, cloud_id=settings.cloud_id)
    # A cloud id is only of use at the gateway, where nothing but a token with scopes goes.
    scoped = True if settings.cloud_id else None
    return ApiTokenAuth(settings.email, settings.api_token, scoped=scoped, cloud_id=settings.cloud_id)

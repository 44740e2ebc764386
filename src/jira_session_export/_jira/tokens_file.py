"""OAuth tokens in a file that several processes share."""

import json
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio.to_thread

from jira_session_export._jira.oauth import OAuth2Tokens
from jira_session_export.errors import SettingsError


class TokensFile:
    """A JSON file with `access_token`, `refresh_token` and `expires_at` (ISO 8601, with its zone; may be absent).

    What Atlassian's token endpoint answers is such a file, too. Other members stay as they are.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> OAuth2Tokens:
        """The tokens.

        Raises:
            SettingsError: there is no such file, or it holds no tokens. Their values are not shown.
        """
        found = self._members()
        expires_at = found.get("expires_at")
        try:
            ends = None if expires_at is None else datetime.fromisoformat(expires_at)
            if ends is not None and ends.tzinfo is None:
                raise self._wrong("its expires_at has no time zone")
        except (TypeError, ValueError):
            raise self._wrong("its expires_at is no time in ISO 8601") from None
        return OAuth2Tokens(found["access_token"], found["refresh_token"], ends)

    async def load(self) -> OAuth2Tokens:
        """The tokens saved last. Raises like `read`."""
        return await anyio.to_thread.run_sync(self.read)

    async def save(self, tokens: OAuth2Tokens) -> None:
        """Replace the tokens, durably and in one step: a reader finds the old file or the new one.

        Raises:
            OSError: the file cannot be written.
        """
        await anyio.to_thread.run_sync(self._write, tokens)

    def _write(self, tokens: OAuth2Tokens) -> None:
        members = {name: value for name, value in self._members().items() if name != "expires_in"}
        members |= {
            "access_token": str(tokens.access_token),
            "refresh_token": str(tokens.refresh_token),
            "expires_at": None if tokens.expires_at is None else tokens.expires_at.isoformat(),
        }
        # In the same folder, since a file cannot be moved in one step between file systems; readable by its owner only.
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(members, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _members(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text("utf-8"))
        except OSError as exc:
            raise self._wrong((exc.strerror or type(exc).__name__).lower()) from None
        except ValueError:
            raise self._wrong("it is no JSON") from None
        if not isinstance(found, dict):
            raise self._wrong("it is no JSON object")
        missing = [name for name in ("access_token", "refresh_token") if not isinstance(found.get(name), str)]
        if missing:
            raise self._wrong(f"it has no {' and no '.join(missing)}")
        return found

    def _wrong(self, why: str) -> SettingsError:
        return SettingsError(
            f"The OAuth tokens cannot be read from {self._path}: {why}.",
            recovery_actions=["Let it hold what Atlassian's token endpoint answers when asked for offline_access."],
        )

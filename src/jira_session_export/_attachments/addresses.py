"""Opens what keeps attachments, from its address."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from urllib.parse import unquote, urlsplit

from jira_session_export._attachments.files import FolderAttachments
from jira_session_export._attachments.protocols import AttachmentStorage
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export.errors import SettingsError

if TYPE_CHECKING:
    from jira_session_export._attachments.s3 import S3Attachments

DATABASE = "database"
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXAMPLES = "Set JSE_ATTACHMENTS to file:///srv/files, database, or s3://bucket/prefix."


@runtime_checkable
class KeepsAttachments(Protocol):
    """A store that can keep files as well."""

    def attachments(self) -> AttachmentStorage:
        """Keep files where the store keeps its sessions; they are removed with their session."""


def open_attachments(address: str, store: object = None, *, runtime: Runtime = SYSTEM_RUNTIME) -> AttachmentStorage:
    """What keeps attachments at an address; nothing is connected to yet, and there is nothing to close.

    Args:
        address: `file:///srv/files`, a folder that all machines share; `database`, in the store's database; or
            `s3://bucket/prefix`, with the endpoint and the credentials from the environment (`AWS_ENDPOINT_URL`,
            `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and others).
        store: the store, for `database`.

    Raises:
        SettingsError: the address cannot be read, or what it takes is not installed.
    """
    if address == DATABASE:
        if not isinstance(store, KeepsAttachments):
            raise SettingsError(
                "Attachments are to be kept in the database, and this store has none.",
                recovery_actions=["Use a store on SQLite or PostgreSQL.", _EXAMPLES],
            )
        return store.attachments()
    try:
        parts = urlsplit(address)
    except ValueError as exc:
        raise SettingsError(f"The address of attachments cannot be read: {exc}.", recovery_actions=[_EXAMPLES]) from exc
    if parts.scheme == "file":
        if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
            raise SettingsError(
                f"{address!r} names no folder of this machine: it takes three slashes and a whole path.",
                recovery_actions=[_EXAMPLES],
            )
        return FolderAttachments(Path(unquote(parts.path)), runtime=runtime)
    if parts.scheme == "s3":
        if not parts.netloc or "@" in parts.netloc or ":" in parts.netloc or parts.query or parts.fragment:
            raise SettingsError(
                "An s3:// address is a bucket and a prefix, nothing else.",
                recovery_actions=[
                    _EXAMPLES,
                    "Set AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for the rest.",
                ],
            )
        if not _BUCKET.fullmatch(parts.netloc):
            raise SettingsError(
                f"{parts.netloc!r} is no name of a bucket: it has letters, digits, dots, hyphens and underscores.",
                recovery_actions=[_EXAMPLES],
            )
        return _s3()(parts.netloc, prefix=unquote(parts.path).strip("/"), runtime=runtime)
    if address.startswith("/"):
        raise SettingsError(
            f"{address!r} is a path, and attachments take an address.",
            recovery_actions=[f"Set JSE_ATTACHMENTS to {Path(address).as_uri()} for this folder."],
        )
    shown = f"{parts.scheme}://" if parts.scheme else address.partition("/")[0]
    raise SettingsError(f"Attachments cannot be kept at {shown!r}.", recovery_actions=[_EXAMPLES])


def _s3() -> "type[S3Attachments]":
    try:
        from jira_session_export._attachments.s3 import S3Attachments  # noqa: PLC0415 -- of an extra
    except ModuleNotFoundError as exc:
        raise SettingsError(
            f"Attachments in S3 need {exc.name}, which is not installed.",
            recovery_actions=["Install it: pip install 'jira-session-export[s3]'"],
        ) from exc
    return S3Attachments

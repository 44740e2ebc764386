"""Where the files of tickets are, and how workers on other machines open them.

`S3Attachments` is in `jira_session_export.integrations.s3`; `SqlAlchemyStore.attachments` keeps files in the database.
"""

from jira_session_export._attachments.addresses import open_attachments
from jira_session_export._attachments.files import FolderAttachments, LocalFiles
from jira_session_export._attachments.protocols import AttachmentOpener, AttachmentStorage, StoredFile
from jira_session_export._attachments.storing import store_attachments, stored_paths

__all__ = [
    "AttachmentOpener",
    "AttachmentStorage",
    "FolderAttachments",
    "LocalFiles",
    "StoredFile",
    "open_attachments",
    "store_attachments",
    "stored_paths",
]

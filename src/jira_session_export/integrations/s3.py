"""Files of tickets in S3, or in what speaks its protocol (extra `s3`)."""

from jira_session_export._attachments.s3 import S3Attachments

__all__ = ["S3Attachments"]

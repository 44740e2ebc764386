"""What keeps files, each kind against a real one: a disk, SQLite, PostgreSQL, an S3 server in this process."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from jira_session_export.integrations.s3 import S3Attachments
from jira_session_export.storage.attachments import AttachmentStorage, FolderAttachments
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import AttachmentConformance


class TestFolder(AttachmentConformance):
    @pytest.fixture
    async def storage(self, tmp_path: Path) -> AttachmentStorage:
        return FolderAttachments(tmp_path / "files")


class OnAsyncio(AttachmentConformance):
    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"


class TestSqlite(OnAsyncio):
    @pytest.fixture
    async def storage(self, tmp_path: Path) -> AsyncIterator[AttachmentStorage]:
        async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
            await store.migrate()
            yield store.attachments()


@pytest.mark.postgres
class TestPostgres(OnAsyncio):
    @pytest.fixture
    async def storage(self, shared_postgres: str) -> AsyncIterator[AttachmentStorage]:
        async with SqlAlchemyStore.open(shared_postgres) as store:
            await store.migrate()
            yield store.attachments()


class TestS3(OnAsyncio):
    @pytest.fixture
    async def storage(self, s3_config: dict[str, Any]) -> AttachmentStorage:
        return S3Attachments(
            "files", prefix="jira exports", config=s3_config["config"], client_options=s3_config["client_options"]
        )

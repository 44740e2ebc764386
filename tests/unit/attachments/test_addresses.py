from pathlib import Path

import pytest

from jira_session_export._attachments.addresses import open_attachments
from jira_session_export.errors import SettingsError
from jira_session_export.storage import InMemoryStore
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore


def test_a_folder() -> None:
    storage = open_attachments("file:///srv/jira%20files")
    assert storage.place == f"the folder {Path('/srv/jira files')}"


def test_the_database() -> None:
    assert open_attachments("database", SqlAlchemyStore.open("sqlite:///x.db")).place == "the database"


@pytest.mark.parametrize(
    ("address", "place"), [("s3://b", "s3://b"), ("s3://b/", "s3://b"), ("s3://b/a/c/", "s3://b/a/c")]
)
def test_a_bucket(address: str, place: str) -> None:
    assert open_attachments(address).place == place


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("file://srv/files", "three slashes"),
        ("file:srv", "three slashes"),
        ("s3://key:secret@bucket/x", "a bucket and a prefix"),
        ("s3://bucket?region=x", "a bucket and a prefix"),
        ("s3:///x", "a bucket and a prefix"),
        ("gs://bucket", "'gs://'"),
        ("/srv/files", "is a path"),
        ("s3://[bad", "cannot be read"),
        ("s3://bu cket/x", "no name of a bucket"),
        ("s3://bücket/x", "no name of a bucket"),
        ("Database", "cannot be kept"),
    ],
)
def test_what_is_no_address(address: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as caught:
        open_attachments(address)
    assert any("file:///srv/files" in action for action in caught.value.recovery_actions)
    assert "secret" not in str(caught.value)


def test_a_store_without_a_database() -> None:
    with pytest.raises(SettingsError, match="this store has none"):
        open_attachments("database", InMemoryStore())

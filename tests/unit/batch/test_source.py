import os
from pathlib import Path

import pytest

from jira_session_export._batch import load_batch
from jira_session_export._batch.limits import DEFAULT_LIMITS
from jira_session_export.errors import BatchFileError

DOCUMENT = '{"tickets": [{"title": "Übergröße 🎉"}]}'


def refuse(path):
    with pytest.raises(BatchFileError) as caught:
        load_batch(path, project_key="ABC")
    assert caught.value.recovery_actions
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_encodings(write, encoding):
    data = DOCUMENT.encode(encoding)
    if encoding == "utf-32-be":
        data = b"\0\0\xfe\xff" + data
    assert load_batch(write("b.json", data), project_key="ABC").tickets[0].title == "Übergröße 🎉"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"tickets": \n"\xfc"}', "is not valid UTF-8 text (byte 0xFC, line 2)"),
        (b"\xff\xfe{\0\0\xd8", "is not valid UTF-16 text"),
    ],
)
def test_what_is_no_text(write, data, says):
    assert says in refuse(write("b.json", data)).user_message


def test_a_missing_file_and_what_was_probably_meant(write):
    path = write("backlog.json", DOCUMENT)
    error = refuse(path.with_name("baklog.json"))
    assert "there is no such file" in error.user_message
    assert error.recovery_actions == (f"Did you mean {path}?",)
    assert refuse(path.parent / "no" / "such.json").recovery_actions == ("Check the name and the folder.",)


def test_an_unknown_format(write):
    error = refuse(write("b.xml", "<x/>"))
    assert "is in no format known here (.xml)" in error.user_message
    assert ".json" in error.recovery_actions[0]
    assert "CSV" in refuse(write("b.xlsx", b"PK")).recovery_actions[0]
    assert "(no ending)" in refuse(write("b", "x")).user_message


def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "b.json")
    assert "is neither a file nor a folder" in refuse(tmp_path / "b.json").user_message


def test_an_impossible_name():
    assert "is no possible name of a file" in refuse(Path("a\0b.json")).user_message
    assert "cannot be read" in refuse(Path("x" * 5000)).user_message


def test_a_huge_file_is_refused(tmp_path):
    path = tmp_path / "b.json"
    with path.open("wb") as file:
        file.truncate(DEFAULT_LIMITS.max_bytes + 1)
    assert "has more than 100 MB" in refuse(path).user_message


@pytest.mark.parametrize("method", ["open", "iterdir", "stat"])
def test_missing_permissions(write, monkeypatch, method):
    path = write("folder/a.md", "# A")
    target = path.parent if method == "iterdir" else path.parent.parent / "b.json"
    write("b.json", DOCUMENT)
    original = getattr(Path, method)

    # As root, permissions stop nobody; so the operating system's answer is played here.
    def denied(self, *args, **kwargs):
        if self == target:
            raise PermissionError(13, "Permission denied")
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Path, method, denied)
    assert "permission to read it is missing" in refuse(target).user_message

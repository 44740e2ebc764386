import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jira_session_export._batch import load_batch
from jira_session_export._models import Session
from jira_session_export.errors import BatchFileError

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, content: Any, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_bytes(text.encode(encoding))
        return path

    return write_file


@pytest.fixture
def load(write: Write) -> Callable[..., Session]:
    """Loads what is given as a JSON batch of project ABC."""

    def load_json(document: Any, **options: Any) -> Session:
        return load_batch(write("batch.json", document), **{"project_key": "ABC", **options})

    return load_json


@pytest.fixture
def refusal(load: Callable[..., Session]) -> Callable[..., BatchFileError]:
    """The error that a JSON batch gives; ticket fields may be given alone."""

    def refuse(document: Any, **options: Any) -> BatchFileError:
        with pytest.raises(BatchFileError) as caught:
            load(document, **options)
        assert caught.value.recovery_actions
        return caught.value

    return refuse

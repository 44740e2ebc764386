"""Whether files can be attached, judged before anything is sent."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Attaching:
    """Whether files can be attached.

    Attributes:
        problem: why none can; None when they can.
        upload_limit: bytes a file may have; None for no limit known.
    """

    problem: str | None
    upload_limit: int | None = None


def upload_problem(content: bytes | Path, attaching: Attaching) -> str:
    """Why a file could not be attached, as the end of a sentence; empty when it could.

    It must be there, readable, and small enough for Jira.
    """
    if attaching.problem:
        return attaching.problem
    try:
        size = len(content) if isinstance(content, bytes) else _readable_size(content)
    except OSError as exc:
        return exc.strerror or str(exc)
    if attaching.upload_limit is not None and size > attaching.upload_limit:
        return f"it has {size:,} bytes, and Jira takes at most {attaching.upload_limit:,}"
    return ""


def _readable_size(path: Path) -> int:
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_size

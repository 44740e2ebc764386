"""What a caller says about a file besides its name."""

from collections.abc import Callable
from dataclasses import dataclass

from jira_session_export._batch.adapting import NOTHING, Adapting


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a file is read.

    Attributes:
        adapting: what its columns, people and values mean.
        sheet: name or number, from 1, of a workbook's sheet.
        tell: told, in a sentence each, of what is left out on purpose.
    """

    adapting: Adapting = NOTHING
    sheet: str | int | None = None
    tell: Callable[[str], None] = lambda _: None

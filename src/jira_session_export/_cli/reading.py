"""Reads what is to be exported: a file, a folder, or standard input."""

import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jira_session_export._batch import load_batch
from jira_session_export._batch.limits import DEFAULT_LIMITS
from jira_session_export._cli.output import Output
from jira_session_export._cli.state import default_database
from jira_session_export.errors import SettingsError

if TYPE_CHECKING:
    from jira_session_export._models import Session

STANDARD_INPUT = "-"
UNNAMED = "standard input"
"""What `load_batch` calls what has no name of its own."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be read, and how.

    Attributes:
        file: `-` is standard input.
        form: the format, where the file's ending does not say it.
        sheet: name or number of a workbook's sheet.
        encoding: of a text file that is in neither UTF-8 nor UTF-16.
        mapping: a mapping file.
        defaults: `FIELD=VALUE` for tickets that do not say otherwise.
    """

    file: Path
    project: str | None = None
    session: str | None = None
    form: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    mapping: Path | None = None
    defaults: tuple[str, ...] = ()

    @property
    def is_standard_input(self) -> bool:
        """Whether no file is named."""
        return str(self.file) == STANDARD_INPUT

    def read(self, output: Output, *, copy: str | None = None) -> "Session":
        """The session.

        Args:
            copy: of a second set of issues; a session of another name has other ids, so it shares nothing with the
                first set, and goes on by itself.

        Raises:
            BatchFileError: it cannot be read.
            SettingsError: an option does not fit.
        """
        data = sys.stdin.buffer.read(DEFAULT_LIMITS.max_bytes + 1) if self.is_standard_input else None
        batch = self._load(data, self.session, output)
        if copy is None:
            return batch
        return self._load(data, f"{batch.name} (copy {copy})", None)

    def database(self, batch: "Session") -> str:
        """The address of the state file: next to the file, or in this folder by the session's name.

        Raises:
            SettingsError: standard input, and nobody has named the session.
        """
        if not self.is_standard_input:
            return default_database(self.file)
        if batch.name == UNNAMED:
            raise SettingsError(
                "What comes from standard input has no name, so its state has no place.",
                recovery_actions=["Name it: --session NAME", "Or say where the state is kept: --database URL"],
            )
        return default_database(Path(re.sub(r"[^\w. -]", "_", batch.name).strip(". ") or "session"))

    def _load(self, data: bytes | None, session: str | None, output: Output | None) -> "Session":
        return load_batch(
            self.file if data is None else io.BytesIO(data),
            project_key=self.project,
            session_name=session,
            format=self.form,
            sheet=int(self.sheet) if self.sheet and self.sheet.isdecimal() else self.sheet,
            encoding=self.encoding,
            mapping=self.mapping,
            defaults=_defaults(self.defaults) or None,
            tell=output.note if output is not None else _nobody,
        )


def _defaults(given: tuple[str, ...]) -> dict[str, str]:
    defaults: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (equals and name.strip()):
            raise SettingsError(
                f"--default {text!r} is not FIELD=VALUE.",
                recovery_actions=["Write for example --default issue_type=Story, or --default labels=one,two."],
            )
        defaults[name.strip()] = value.strip()
    return defaults


def _nobody(_sentence: str) -> None:
    pass

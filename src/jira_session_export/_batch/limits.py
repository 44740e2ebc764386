"""How much a batch file may hold."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from jira_session_export._envconfig import PREFIX, environment
from jira_session_export._printable import excerpt
from jira_session_export.errors import SettingsError


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How much a batch file may hold; what has more is refused with a message that names the limit.

    Attributes:
        max_bytes: size of the file, of all files of a folder together, or of an unpacked Excel workbook.
        max_tickets: tickets, or rows of a table.
        max_values: values of all tickets together: fields, cells, items of lists. They decide how much memory it takes
            to read a file, some hundred bytes each.
        max_aliased: characters that all aliases of a YAML file together may stand for.

    Raises:
        SettingsError: one of them is less than 1.
    """

    max_bytes: int = 100_000_000
    max_tickets: int = 20_000
    max_values: int = 500_000
    max_aliased: int = 10_000_000

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """The limits that the environment names: `JSE_BATCH_MAX_TICKETS` and so on; the others stay as they are.

        Args:
            env: instead of the process's own.

        Raises:
            SettingsError: one of them is no whole number from 1; the message names the variable.
        """
        env = environment() if env is None else env
        given: dict[str, int] = {}
        for each in fields(cls):
            variable = f"{PREFIX}BATCH_{each.name.upper()}"
            if written := env.get(variable, "").strip():
                number = written.replace("_", "")
                if not (number.isascii() and number.isdecimal() and len(number) < 16 and int(number) >= 1):
                    raise SettingsError(
                        f"{variable}={excerpt(written)} is no whole number from 1.",
                        recovery_actions=[f"Correct or unset {variable}."],
                    )
                given[each.name] = int(number)
        return cls(**given)

    def __post_init__(self) -> None:
        for each in fields(self):
            if getattr(self, each.name) < 1:
                raise SettingsError(
                    f"BatchLimits.{each.name} is {getattr(self, each.name)!r}; it must be at least 1.",
                    recovery_actions=[f"Give {each.name} a positive number."],
                )


DEFAULT_LIMITS = BatchLimits()

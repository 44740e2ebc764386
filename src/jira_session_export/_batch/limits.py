"""How much a batch file may hold."""

from dataclasses import dataclass, fields

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

    def __post_init__(self) -> None:
        for each in fields(self):
            if getattr(self, each.name) < 1:
                raise SettingsError(
                    f"BatchLimits.{each.name} is {getattr(self, each.name)!r}; it must be at least 1.",
                    recovery_actions=[f"Give {each.name} a positive number."],
                )


DEFAULT_LIMITS = BatchLimits()

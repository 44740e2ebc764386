"""How people write values: numbers that may be texts, and lists in one text."""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Self

_STAGES = (re.compile(r"[;\r\n]"), re.compile(","))
_NUMBER_KEY = "$number"


class WrittenNumber(float):
    """A number that remembers how it was written: 1.1 in a number field, the version `1.10` in a text.

    Which of the two counts is known only with the type of the field in Jira, long after a file was read.

    Attributes:
        written: the literal; `str()` gives it, too.
    """

    __slots__ = ("written",)
    written: str

    def __new__(cls, written: str, value: float | None = None) -> Self:
        """Make one. `value`: when `float()` does not read the literal; YAML writes infinity `.inf`."""
        number = super().__new__(cls, written if value is None else value)
        number.written = written
        return number

    def __str__(self) -> str:
        return self.written

    def __reduce__(self) -> tuple[type["WrittenNumber"], tuple[str, float]]:
        """Make it picklable with what it remembers."""
        return (WrittenNumber, (self.written, float(self)))


def with_marked_numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which each `WrittenNumber` is `{"$number": "1.10"}`, so that JSON keeps how it was written."""
    return _rewritten(values, lambda value: {_NUMBER_KEY: value.written} if isinstance(value, WrittenNumber) else value)


def with_written_numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """The copy that undoes `with_marked_numbers`; a finite `Decimal` becomes a `WrittenNumber`, too."""
    return _rewritten(values, _unmarked)


def _unmarked(value: Any) -> Any:
    if isinstance(value, Decimal):
        return WrittenNumber(str(value)) if value.is_finite() else str(value)
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(written := value.get(_NUMBER_KEY), str):
        try:
            return WrittenNumber(written)
        except ValueError:
            return value
    return value


def _rewritten(values: Mapping[str, Any], rewrite: Callable[[Any], Any]) -> dict[str, Any]:
    """A copy of nested mappings and lists with `rewrite` applied to each value before it is looked into."""
    if not values:
        return {}
    root: list[Any] = [dict(values)]
    waiting: list[Any] = root[:]
    while waiting:
        container = waiting.pop()
        places: Iterable[tuple[Any, Any]] = (
            list(container.items()) if isinstance(container, dict) else enumerate(list(container))
        )
        for place, value in places:
            new = rewrite(value)
            if new is value and isinstance(value, Mapping):
                new = dict(value)
                waiting.append(new)
            elif new is value and isinstance(value, list):
                new = list(value)
                waiting.append(new)
            container[place] = new
    copy: dict[str, Any] = root[0]
    return copy


def list_items(text: str, is_one: Callable[[str], bool] = lambda _: False) -> list[str]:
    """The items of a list that is written as one text, none of them blank.

    It is split at semicolons and line breaks, and what comes of that at commas. What is known as one thing stays whole:
    `Silva, Maria` where somebody is called so.

    Args:
        is_one: whether a stripped text is the name of one thing.
    """
    items = [text.strip()]
    for stage in _STAGES:
        items = [
            piece
            for item in items
            for piece in ([item] if is_one(item) else (part.strip() for part in stage.split(item)))
            if piece
        ]
    return items

"""Remembers what was made of texts that documents repeat, such as styles."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

_Made = TypeVar("_Made")
_LONGEST = 300  # Longer ones are not repeated, and would only fill the memory.


def remembering(make: Callable[[str], _Made]) -> Callable[[str], _Made]:
    """The function, remembering its last thousand answers to short texts. What it makes must not be changed."""
    remembered = lru_cache(maxsize=1000)(make)

    def answer(text: str) -> _Made:
        return remembered(text) if len(text) <= _LONGEST else make(text)

    return answer

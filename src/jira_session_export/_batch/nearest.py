"""Which of many names was probably meant: found without comparing with each of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

COMPARED_LENGTH = 60
"""Characters of a name that are compared; comparing takes the square of them."""

COMPARED_NAMES = 10
"""Names that are compared letter by letter: those that share the most pairs of letters."""

COUNTED = 5_000
"""Pairs of letters that are counted for one question, the rarest first."""


class Nearest:
    """Names to be asked for the nearest one; the index is built by the first question."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = names
        self._known: tuple[str, ...] = ()
        self._index: dict[str, list[int]] | None = None

    def to(self, name: str) -> str | None:
        """The name that was probably meant by `name`, as it was given, None when none is near."""
        index = self._built()
        name = name[:COMPARED_LENGTH]
        shared: Counter[int] = Counter()
        counted = 0
        for places in sorted((index.get(pair, []) for pair in set(_pairs(name))), key=len):
            if counted > COUNTED:
                break
            counted += len(places)
            shared.update(places[:COUNTED])
        likely = {self._known[place][:COMPARED_LENGTH]: place for place, _ in shared.most_common(COMPARED_NAMES)}
        near = get_close_matches(name, likely, n=1)
        return self._known[likely[near[0]]] if near else None

    def _built(self) -> dict[str, list[int]]:
        if self._index is None:
            self._known = tuple(self._names)
            index: defaultdict[str, list[int]] = defaultdict(list)
            for place, name in enumerate(self._known):
                for pair in set(_pairs(name[:COMPARED_LENGTH])):
                    index[pair].append(place)
            self._index = dict(index)
        return self._index


def _pairs(name: str) -> Iterator[str]:
    folded = f" {name.casefold()}"
    return (folded[place : place + 2] for place in range(len(folded) - 1))

"""Where in a source an element stands, and how its text begins."""

from collections.abc import Set as AbstractSet

_SHOWN = 12  # Steps of a path; deeper ones lose their middle.
_QUOTED = 600  # Characters of an element's text, at least.
_IN_LINES = frozenset({
    "a", "b", "big", "code", "del", "em", "font", "i", "ins", "kbd", "mark", "s", "small", "span", "strike", "strong",
    "sub", "sup", "u", "var",
})  # fmt: skip
_UNSEEN = frozenset({"script", "style", "template", "title"})
_SAID_BY = ("alt", "title", "src", "href", "data-latex", "value", "data")


class PathFinder:
    """A sink that writes down the paths of the elements it is asked for, and the text of some.

    Attributes:
        wanted: the numbers of the elements.
        paths: number of the element's start tag → a path such as `body > ul > li[2] > a`; a step bears a number
            from the second element of its name on.
    """

    def __init__(self, wanted: AbstractSet[int], quoted: AbstractSet[int] = frozenset()) -> None:
        self.wanted = wanted
        self.paths: dict[int, str] = {0: ""}
        self._quoted = quoted
        self._last = max(wanted, default=0)
        self._count = 0
        self._steps: list[str] = []
        self._siblings: list[dict[str, int]] = [{}]
        self._texts: dict[int, list[str]] = {}
        self._left: dict[int, int] = {}
        self._said: dict[int, str] = {}
        self._quoting: list[tuple[int, int]] = []  # Depth and number of the elements whose text is being read.
        self._unseen = 0

    def text(self, number: int) -> str:
        """How the text of an element begins; what its attributes say when it has none."""
        text = " ".join("".join(self._texts.get(number, ())).split())
        return text or self._said.get(number, "")

    def start_element(self, tag: str, attrs: tuple[tuple[str, str | None], ...]) -> None:
        """Count the element among its siblings."""
        self._count += 1
        if self._count > self._last and not self._quoting:
            return
        siblings = self._siblings[-1]
        number = siblings[tag] = siblings.get(tag, 0) + 1
        self._steps.append(tag if number == 1 else f"{tag}[{number}]")
        self._siblings.append({})
        self._unseen += tag in _UNSEEN
        if self._count in self.wanted:
            self.paths[self._count] = _join(self._steps)
        if self._count in self._quoted:
            self._quoting.append((len(self._steps), self._count))
            self._texts[self._count] = []
            self._left[self._count] = _QUOTED
            by_name = dict(attrs)
            self._said[self._count] = next((said for name in _SAID_BY if (said := by_name.get(name))), "")
        elif tag not in _IN_LINES:
            self.characters(" ")  # Between the texts of two blocks.

    def end_element(self, tag: str) -> None:
        """Leave the element."""
        if self._steps and (self._count <= self._last or self._quoting):
            if tag not in _IN_LINES:
                self.characters(" ")
            while self._quoting and self._quoting[-1][0] >= len(self._steps):
                self._quoting.pop()
            self._steps.pop()
            self._siblings.pop()
            self._unseen -= tag in _UNSEEN

    def characters(self, data: str) -> None:
        """Keep the text for the elements that are to be quoted, as far as it is not enough."""
        if not self._quoting or self._unseen:
            return
        for _, number in self._quoting:
            self._texts[number].append(data[:_QUOTED])
            self._left[number] -= len(data)
        if any(self._left[number] <= 0 for _, number in self._quoting):
            self._quoting = [one for one in self._quoting if self._left[one[1]] > 0]

    def comment(self, data: str) -> None:
        """Not shown."""

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:
        """Not an element."""

    def processing_instruction(self, target: str, data: str) -> None:
        """Not an element."""


def _join(steps: list[str]) -> str:
    shown = steps[1:] if steps[0] == "html" and len(steps) > 1 else steps
    if len(shown) > _SHOWN:
        shown = [*shown[: _SHOWN // 2], "…", *shown[-_SHOWN // 2 :]]
    return " > ".join(shown)

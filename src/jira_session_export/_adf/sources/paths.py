"""Where in a source an element stands."""

from collections.abc import Set as AbstractSet

_SHOWN = 12  # Steps of a path; deeper ones lose their middle.


class PathFinder:
    """A sink that writes down the paths of the elements it is asked for.

    Attributes:
        paths: number of the element's start tag → a path such as `body > ul > li[2] > a`; a step bears a number
            from the second element of its name on.
    """

    def __init__(self, wanted: AbstractSet[int]) -> None:
        self.paths: dict[int, str] = {0: ""}
        self._wanted = wanted
        self._last = max(wanted)
        self._count = 0
        self._steps: list[str] = []
        self._siblings: list[dict[str, int]] = [{}]

    def start_element(self, tag: str, attrs: tuple[tuple[str, str | None], ...]) -> None:  # noqa: ARG002
        """Count the element among its siblings."""
        self._count += 1
        if self._count > self._last:
            return
        siblings = self._siblings[-1]
        number = siblings[tag] = siblings.get(tag, 0) + 1
        self._steps.append(tag if number == 1 else f"{tag}[{number}]")
        self._siblings.append({})
        if self._count in self._wanted:
            self.paths[self._count] = _join(self._steps)

    def end_element(self, tag: str) -> None:  # noqa: ARG002
        """Leave the element."""
        if self._count <= self._last and self._steps:
            self._steps.pop()
            self._siblings.pop()

    def characters(self, data: str) -> None:
        """Text has no path of its own."""

    comment = characters

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:
        """Not an element."""

    def processing_instruction(self, target: str, data: str) -> None:
        """Not an element."""


def _join(steps: list[str]) -> str:
    shown = steps[1:] if steps[0] == "html" and len(steps) > 1 else steps
    if len(shown) > _SHOWN:
        shown = [*shown[: _SHOWN // 2], "…", *shown[-_SHOWN // 2 :]]
    return " > ".join(shown)

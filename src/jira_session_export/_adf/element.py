"""An element of the source, as a rule sees it."""

from collections.abc import Mapping

from jira_session_export._adf.fonts import said_by_font
from jira_session_export._adf.memory import remembering


class Element:
    """A start tag: its name and attributes. Rules must not change it.

    Attributes:
        tag: lower-case name, such as `p` or `o:p`.
        attrs: attributes as written, entities decoded; None for one without a value.
    """

    __slots__ = ("attrs", "tag")

    def __init__(self, tag: str, attrs: Mapping[str, str | None]) -> None:
        self.tag: str = tag
        self.attrs: Mapping[str, str | None] = attrs

    def __repr__(self) -> str:
        return f"<{self.tag}{''.join(f' {name}={value!r}' for name, value in self.attrs.items())}>"

    def get(self, name: str) -> str:
        """An attribute's value; empty when it is absent or has none."""
        return self.attrs.get(name) or ""

    def is_ornament(self) -> None:
        """Say that the element shows nothing of the author's, so that what its attributes say is no loss."""

    @property
    def classes(self) -> frozenset[str]:
        """The words of `class`, lower-case."""
        written = self.attrs.get("class")
        return _words(written) if written else frozenset()

    @property
    def style(self) -> Mapping[str, str]:
        """The declarations of `style`: property → value, both lower-case; of equal ones the last, or the important one.

        What `font` says of weight, slant and family stands under the names of their own properties, too.
        """
        written = self.attrs.get("style")
        return _declarations(written) if written else {}


@remembering
def _words(written: str) -> frozenset[str]:
    return frozenset(written.lower().split())


@remembering
def _declarations(written: str) -> Mapping[str, str]:
    declarations: dict[str, str] = {}
    settled: set[str] = set()
    for declaration in written.lower().split(";"):
        name, colon, value = declaration.partition(":")
        if not colon:
            continue
        name = name.strip()
        if "!" in value:
            value, _, word = value.partition("!")
            if word.strip() == "important":
                settled.add(name)
        elif name in settled:
            continue
        value = value.strip()
        if name == "font":
            declarations.update(said_by_font(value))
        declarations[name] = value
    return declarations

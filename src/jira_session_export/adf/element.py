"""An element of the source, as a rule sees it."""

from collections.abc import Mapping
from functools import cached_property


class Element:
    """A start tag: its name and attributes. Rules must not change it.

    Attributes:
        tag: lower-case name, such as `p` or `o:p`.
        attrs: attributes as written, entities decoded; an attribute without a value is empty.
    """

    def __init__(self, tag: str, attrs: Mapping[str, str]) -> None:
        self.tag = tag
        self.attrs = attrs

    def __repr__(self) -> str:
        return f"<{self.tag}{''.join(f' {name}={value!r}' for name, value in self.attrs.items())}>"

    def get(self, name: str) -> str:
        """An attribute's value; empty when it is absent."""
        return self.attrs.get(name, "")

    @cached_property
    def classes(self) -> frozenset[str]:
        """The words of `class`, lower-case."""
        return frozenset(self.get("class").lower().split())

    @cached_property
    def style(self) -> Mapping[str, str]:
        """The declarations of `style`: property → value, both lower-case; of equal ones the last."""
        written = self.attrs.get("style")
        if not written:
            return {}
        declarations = {}
        for declaration in written.lower().split(";"):
            name, colon, value = declaration.partition(":")
            if colon:
                declarations[name.strip()] = value.replace("!important", "").strip()
        return declarations

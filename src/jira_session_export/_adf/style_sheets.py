"""The style sheets of a page: what the simple rules in them say about elements of a class.

Exporters such as Google Docs, Excel and LibreOffice write bold, colours and hidden cells nowhere else. Only rules for
one class, with or without the name of an element, are read, and only the properties that rules of the converter know.
Size and number are bounded, and time grows with the length.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

_PROPERTIES: Final = frozenset({
    "font-weight", "font-style", "text-decoration", "text-decoration-line", "color", "background", "background-color",
    "text-align", "vertical-align", "display", "visibility", "white-space", "white-space-collapse", "mso-hide",
    "font-family",
})  # fmt: skip
_SELECTOR: Final = re.compile(r"([a-z][a-z0-9]{0,20})?\.([\w-]{1,100})")
_LONGEST: Final = 1_000_000
_MOST_RULES: Final = 5_000
_LONGEST_STYLE: Final = 2_000
# A link shows as one anyhow; Outlook writes plain mails in a monospace font.
_SKIPPED_CLASSES: Final = frozenset({"msohyperlink", "msohyperlinkfollowed", "msoplaintext"})


class StyleSheets:
    """What the style sheets met so far say."""

    def __init__(self) -> None:
        self._rules: dict[tuple[str, str], str] = {}

    def read(self, text: str) -> None:
        """Add the rules of a style sheet; of those beyond a bound nothing is read."""
        for selectors, block in _rules_in(text[:_LONGEST].lower()):
            declarations = _known_declarations(block)
            if not declarations:
                continue
            for selector in selectors.split(","):
                found = _SELECTOR.fullmatch(selector.strip())
                if found is None or found[2] in _SKIPPED_CLASSES or len(self._rules) >= _MOST_RULES:
                    continue
                key = (found[1] or "", found[2])
                self._rules[key] = f"{self._rules.get(key, '')[-_LONGEST_STYLE:]}{declarations}"

    def applied(self, tag: str, attrs: Mapping[str, str | None]) -> dict[str, str | None]:
        """The attributes, with the declarations for the element's classes in front of its own style."""
        own = attrs.get("style") or ""
        words = (attrs.get("class") or "").lower().split()[:50]
        found = "".join(self._of(tag, words))[:_LONGEST_STYLE]
        return {**attrs, "style": f"{found}{own}"} if found else dict(attrs)

    def _of(self, tag: str, words: Collection[str]) -> list[str]:
        rules = self._rules
        by_class = [rules[key] for word in words if (key := ("", word)) in rules]
        return by_class + [rules[key] for word in words if (key := (tag, word)) in rules]


def _rules_in(text: str) -> list[tuple[str, str]]:
    """The rules of a sheet outside of at-rules, as selectors and declarations."""
    text = _without_comments(text)
    rules: list[tuple[str, str]] = []
    depth = start = selector_end = 0
    for found in _BRACE.finditer(text):
        position = found.start()
        if found[0] == "{":
            depth += 1
            if depth == 1:
                selector_end = position
        elif found[0] == ";":
            if depth == 0:
                start = position + 1  # The end of `@import` and the like.
        elif depth:
            depth -= 1
            if depth == 0:
                selectors = text[start:selector_end].strip()
                if "@" not in selectors:
                    rules.append((selectors, text[selector_end + 1 : position]))
                start = position + 1
        else:
            start = position + 1
    return rules


def _without_comments(text: str) -> str:
    text = text.replace("<!--", " ").replace("-->", " ")
    parts = text.split("/*")
    return parts[0] + "".join(part.partition("*/")[2] for part in parts[1:])


def _known_declarations(block: str) -> str:
    kept = []
    for declaration in block.split(";"):
        name, colon, value = declaration.partition(":")
        if colon and name.strip() in _PROPERTIES:
            kept.append(f"{name.strip()}:{value.replace('! important', '').strip()};")
    return "".join(kept)


_BRACE: Final = re.compile("[{};]")

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
    "font-family", "font",
})  # fmt: skip
_SELECTOR: Final = re.compile(r"([a-z][a-z0-9]{0,20})?\.([\w-]{1,100})")
_ON_SCREENS: Final = frozenset({"", "all", "screen", "only screen", "only all"})
_LONGEST: Final = 1_000_000
_MOST_RULES: Final = 5_000
_LONGEST_STYLE: Final = 2_000
# A link shows as one anyhow; Outlook writes plain mails in a monospace font.
_SKIPPED_CLASSES: Final = frozenset({"msohyperlink", "msohyperlinkfollowed", "msoplaintext"})


class StyleSheets:
    """What the style sheets met so far say."""

    def __init__(self) -> None:
        self._rules: dict[tuple[str, str], tuple[int, str]] = {}  # → where it stands, and its declarations.
        self._count = 0

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
                self._count += 1
                before = self._rules.get(key, (0, ""))[1]
                self._rules[key] = (self._count, f"{before[-_LONGEST_STYLE:]}{declarations}")

    def applied(self, tag: str, attrs: Mapping[str, str | None]) -> dict[str, str | None]:
        """The attributes, with the declarations for the element's classes in front of its own style."""
        own = attrs.get("style") or ""
        words = (attrs.get("class") or "").lower().split()[:50]
        found = "".join(self._of(tag, words))[:_LONGEST_STYLE]
        return {**attrs, "style": f"{found}{own}"} if found else dict(attrs)

    def _of(self, tag: str, words: Collection[str]) -> list[str]:
        rules = self._rules
        by_class = sorted(rules[key] for word in words if (key := ("", word)) in rules)
        of_tag = sorted(rules[key] for word in words if (key := (tag, word)) in rules)
        return [declarations for _, declarations in (*by_class, *of_tag)]


def is_for_screens(media: str) -> bool:
    """Whether a style sheet, or a part of one, counts wherever it is read on a screen, by its media query."""
    return {query.strip() for query in media.lower().split(",")} & _ON_SCREENS != set()


def _rules_in(text: str) -> list[tuple[str, str]]:
    """The rules of a sheet, as selectors and declarations; of at-rules only what counts on every screen."""
    text = _without_comments(text)
    rules: list[tuple[str, str]] = []
    depth = start = selector_end = 0
    for found in _BRACE.finditer(text):
        position, sign = found.start(), found[0]
        if sign == "{":
            if depth == 0 and _is_transparent(text[start:position]):
                start = position + 1
                continue
            depth += 1
            if depth == 1:
                selector_end = position
        elif sign == ";":
            if depth == 0:
                start = position + 1  # The end of `@import` and the like.
        elif sign != "}":
            continue  # A string.
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


def _is_transparent(prelude: str) -> bool:
    """Whether the rules in the braces that begin here count as if they stood outside."""
    name, _, condition = prelude.strip().partition(" ")
    return name in {"@layer", "@supports"} or (name == "@media" and is_for_screens(condition))


def _without_comments(text: str) -> str:
    for mark in ("<!--", "-->", "<![cdata[", "]]>"):
        text = text.replace(mark, " ")
    parts = text.split("/*")
    return parts[0] + "".join(part.partition("*/")[2] for part in parts[1:])


def _known_declarations(block: str) -> str:
    kept = []
    for declaration in block.split(";"):
        name, colon, value = declaration.partition(":")
        if colon and name.strip() in _PROPERTIES:
            kept.append(f"{name.strip()}:{value.strip()};")
    return "".join(kept)


_BRACE: Final = re.compile(r"[{};]|\"[^\"\n]*\"|'[^'\n]*'")

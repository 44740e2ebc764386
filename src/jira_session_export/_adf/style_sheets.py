"""The style sheets of a page: what the simple rules in them say about elements of a class.

Exporters such as Google Docs, Excel and LibreOffice write bold, colours and hidden cells nowhere else. Rules for one
class or a few together are read, with or without the name of an element, and those for elements within others when a
class stands in them (`.total td`, `table.x > tbody > tr > td`); and only the properties that rules of the converter
know. Size and number are bounded, and time grows with the length.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_PROPERTIES: Final = frozenset({
    "font-weight", "font-style", "text-decoration", "text-decoration-line", "color", "background", "background-color",
    "text-align", "vertical-align", "display", "visibility", "white-space", "white-space-collapse", "mso-hide",
    "font-family", "font",
})  # fmt: skip
_SELECTOR: Final = re.compile(r"([a-z][a-z0-9]{0,20})?((?:\.[\w-]{1,100}){1,4})")
_COMPOUND: Final = re.compile(r"([a-z][a-z0-9]{0,20})?((?:\.[\w-]{1,100}){0,4})")
_MOST_WITHIN: Final = 200  # Rules for elements within others.
_MOST_COMPOUNDS: Final = 6
_MOST_AROUND: Final = 40  # So many elements around one are looked at.
_ON_SCREENS: Final = frozenset({"", "all", "screen", "only screen", "only all"})
_LONGEST: Final = 1_000_000
_MOST_RULES: Final = 5_000
_MOST_TOGETHER: Final = 10  # Rules for several classes of which one is first.
_LONGEST_STYLE: Final = 2_000
# A link shows as one anyhow; Outlook writes plain mails in a monospace font.
_SKIPPED_CLASSES: Final = frozenset({"msohyperlink", "msohyperlinkfollowed", "msoplaintext"})


class StyleSheets:
    """What the style sheets met so far say.

    Attributes:
        outer_classes: the classes that elements around others have to have.
    """

    def __init__(self) -> None:
        self._rules: dict[_Key, tuple[int, str]] = {}  # → where it stands, and its declarations.
        self._together: dict[str, list[_Key]] = {}  # The first of several classes → the rules for them.
        self._within: dict[str, list[_Within]] = {}  # A class, or the name, of the inner element → the rules.
        self._count_within = 0
        self.outer_classes: frozenset[str] = frozenset()
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._rules or self._within)

    @property
    def has_within(self) -> bool:
        """Whether there are rules for elements within others."""
        return bool(self._within)

    def read(self, text: str) -> None:
        """Add the rules of a style sheet; of those beyond a bound nothing is read."""
        for selectors, block in _rules_in(text[:_LONGEST].lower()):
            declarations = _known_declarations(block)
            if not declarations:
                continue
            for selector in selectors.split(","):
                found = _SELECTOR.fullmatch(selector.strip())
                if found is None:
                    self._read_within(selector.strip(), declarations)
                    continue
                if len(self._rules) >= _MOST_RULES:
                    continue
                classes = frozenset(found[2][1:].split("."))
                key = (found[1] or "", classes)
                if not classes.isdisjoint(_SKIPPED_CLASSES) or not self._is_kept(key):
                    continue
                self._count += 1
                before = self._rules.get(key, (0, ""))[1]
                self._rules[key] = (self._count, f"{before[-_LONGEST_STYLE:]}{declarations}")

    def _read_within(self, selector: str, declarations: str) -> None:
        """Add a rule for elements within others; others than by names and classes are not read."""
        parts = selector.replace(">", " > ").split()
        if len(parts) > 2 * _MOST_COMPOUNDS or "." not in selector or self._count_within >= _MOST_WITHIN:
            return
        compounds: list[tuple[bool, _Key]] = []
        child = False
        for part in parts:
            if part == ">":
                child = True
                continue
            found = _COMPOUND.fullmatch(part)
            if found is None:
                return
            compounds.append((child, (found[1] or "", frozenset(found[2][1:].split(".")) if found[2] else frozenset())))
            child = False
        if len(compounds) < 2 or child:
            return
        self._count_within += 1
        _, (tag, classes) = compounds[-1]
        outer = frozenset[str]().union(*(key[1] for _, key in compounds[:-1]))
        rule = _Within(tuple(reversed(compounds)), outer, len(outer) + len(classes), declarations)
        rules = self._within.setdefault(f".{min(classes)}" if classes else tag, [])
        if len(rules) < _MOST_TOGETHER:
            rules.append(rule)
            self.outer_classes |= outer

    def within(self, tag: str, classes: frozenset[str], around: "Sequence[_Key]", outer: frozenset[str]) -> str:
        """The declarations of the rules for an element within others.

        Args:
            tag: its name.
            classes: its classes, in lower case.
            around: name and classes of the elements around it, outermost first.
            outer: those of `outer_classes` that they have.
        """
        rules = [rule for word in (tag, *(f".{name}" for name in classes)) for rule in self._within.get(word, ())]
        met = [rule for rule in rules if rule.outer <= outer and rule.is_met((tag, classes), around)]
        met.sort(key=lambda rule: rule.classes)
        return "".join(rule.declarations for rule in met)[:_LONGEST_STYLE]

    def _is_kept(self, key: "_Key") -> bool:
        """Whether a rule for this is read: of those for several classes only so many are."""
        if len(key[1]) == 1 or key in self._rules:
            return True
        others = self._together.setdefault(min(key[1]), [])
        if len(others) < _MOST_TOGETHER:
            others.append(key)
            return True
        return False

    def applied(self, tag: str, attrs: Mapping[str, str | None]) -> dict[str, str | None]:
        """The attributes, with the declarations for the element's classes in front of its own style."""
        own = attrs.get("style") or ""
        words = (attrs.get("class") or "").lower().split()[:50]
        found = "".join(self._of(tag, words))[:_LONGEST_STYLE]
        return {**attrs, "style": f"{found}{own}"} if found else dict(attrs)

    def _of(self, tag: str, words: Collection[str]) -> list[str]:
        """The declarations of all rules for the element, those for more of it after the others."""
        rules = self._rules
        keys = [key for word in words for name in ("", tag) if (key := (name, frozenset((word,)))) in rules]
        if self._together:
            all_words = frozenset(words)
            together = (key for word in all_words for key in self._together.get(word, ()))
            keys += [key for key in together if key[0] in {"", tag} and key[1] <= all_words]
        keys.sort(key=lambda key: (len(key[1]), key[0] != "", rules[key][0]))
        return [rules[key][1] for key in dict.fromkeys(keys)]


@dataclass(frozen=True, slots=True)
class _Within:
    """A rule for elements within others.

    Attributes:
        compounds: what the element and those around it have to be, innermost first; and whether each of them stands
            directly in the one that follows.
        outer: the classes that the elements around have to have.
        classes: how many are named, which says how much the rule counts.
        declarations: what it says.
    """

    compounds: "tuple[tuple[bool, _Key], ...]"
    outer: frozenset[str]
    classes: int
    declarations: str

    def is_met(self, key: "_Key", around: "Sequence[_Key]") -> bool:
        """Whether the rule is for an element, given those around it, outermost first."""
        child, own = self.compounds[0]
        if not _is(own, key):
            return False
        position = len(around)
        last = max(0, position - _MOST_AROUND)
        for next_child, wanted in self.compounds[1:]:
            position -= 1
            while position >= last and not _is(wanted, around[position]):
                if child:
                    return False
                position -= 1
            if position < last:
                return False
            child = next_child
        return True


def _is(wanted: "_Key", key: "_Key") -> bool:
    return wanted[0] in {"", key[0]} and wanted[1] <= key[1]


class LateStyleSheetError(Exception):
    """A style sheet came after text that it may be about: the conversion begins again, with all sheets known."""


class StyleReader:
    """A sink that reads the style sheets of a source, and nothing else.

    Attributes:
        sheets: what they say.
    """

    def __init__(self) -> None:
        self.sheets = StyleSheets()
        self._text: list[str] | None = None

    def start_element(self, tag: str, attrs: tuple[tuple[str, str | None], ...]) -> None:
        """Begin a style sheet, if it is one for screens."""
        if tag == "style" and is_for_screens(dict(attrs).get("media") or ""):
            self._text = []

    def end_element(self, tag: str) -> None:
        """End the style sheet that was begun."""
        if tag == "style" and self._text is not None:
            self.sheets.read("".join(self._text))
            self._text = None

    def characters(self, data: str) -> None:
        """Keep the text of a style sheet."""
        if self._text is not None:
            self._text.append(data)

    def comment(self, data: str) -> None:
        """Not a style sheet."""

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:
        """Not a style sheet."""

    def processing_instruction(self, target: str, data: str) -> None:
        """Not a style sheet."""


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


_Key = tuple[str, frozenset[str]]
"""The name of an element, empty for any, and the classes that it has to have."""

_BRACE: Final = re.compile(r"[{};]|\"[^\"\n]*\"|'[^'\n]*'")

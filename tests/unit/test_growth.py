"""Nothing takes more than linear time: every regular expression of the package, and whole conversions."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from re import _parser as sre  # type: ignore[attr-defined] # The parts of a pattern; the old name is deprecated.
from time import process_time
from typing import Any, NamedTuple

import pytest

import jira_session_export
from jira_session_export._adf import convert_html, convert_markdown
from jira_session_export._adf.markdown_words import CALLOUTS, EMOJI_SHORTCODES
from jira_session_export._adf.options import ConversionOptions
from jira_session_export._adf.sources.words import holds_html

pytestmark = pytest.mark.slow

WHOLE = ConversionOptions(max_text_length=None)
ALL = ConversionOptions(
    max_text_length=None, hard_wraps=True, mentions=True, callouts=CALLOUTS, emoji_shortcodes=EMOJI_SHORTCODES,
    smart_link_sites=("https://a.b",),
)  # fmt: skip
ROOT = Path(jira_session_export.__file__).parent
METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split")
SEARCHING = frozenset(METHODS) - {"match", "fullmatch"}


class Use(NamedTuple):
    """A pattern of the package, and whether it is looked for at every place of a text."""

    where: str
    pattern: re.Pattern[str]
    searches: bool


def uses() -> Iterator[Use]:
    """Every compiled pattern a module holds, in whatever, with how its module uses it."""
    for found in pkgutil.walk_packages([str(ROOT)], "jira_session_export."):
        if found.name.endswith("__main__") or ".migrations." in found.name:  # Alembic runs those, nobody imports them.
            continue
        try:
            module = importlib.import_module(found.name)
        except ImportError:  # An extra that is not installed.
            continue
        if not module.__file__:
            continue
        held = [(name, pattern) for name, value in vars(module).items() for pattern in patterns_in(value)]
        methods = called(Path(module.__file__).read_text(encoding="utf-8")) if held else {}
        for name, pattern in held:
            known = methods.get(name, set())
            yield Use(f"{found.name}.{name}", pattern, searches=bool(known & SEARCHING or not known))


def patterns_in(value: Any) -> list[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        return [value] if isinstance(value.pattern, str) else []
    if isinstance(value, tuple | list | frozenset | set):
        return [pattern for item in value for pattern in patterns_in(item)]
    if isinstance(value, dict):
        return patterns_in([*value.values()])
    return []


def called(source: str) -> dict[str, set[str]]:
    """Name of a pattern → the methods called on it in this module."""
    methods: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
            methods.setdefault(node.value.id, set()).add(node.attr)
    return methods


def characters_of(parts: Any) -> Iterator[str]:
    """A character for each thing the pattern can begin to match."""
    for kind, value in parts:
        if kind in {sre.LITERAL, sre.NOT_LITERAL}:
            yield chr(value)
        elif kind is sre.IN:
            for inner, argument in value:
                if inner is sre.RANGE:
                    yield chr(argument[0])
                elif inner is sre.LITERAL:
                    yield chr(argument)
                elif inner is sre.CATEGORY:
                    yield {sre.CATEGORY_SPACE: " ", sre.CATEGORY_DIGIT: "1"}.get(argument, "a")
        elif kind in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
            yield from characters_of(value[2])
        elif kind is sre.SUBPATTERN:
            yield from characters_of(value[3])
        elif kind is sre.BRANCH:
            for branch in value[1]:
                yield from characters_of(branch)
        elif kind in {sre.ASSERT, sre.ASSERT_NOT}:
            yield from characters_of(value[1])


def literal_start(parts: Any) -> str:
    """The literal characters a pattern is made of, in order: close to something it matches."""
    return "".join(dict.fromkeys(characters_of(parts)))


def hostile(pattern: re.Pattern[str]) -> Iterator[str]:
    """Texts to repeat: each character of the pattern, pairs of the first ones, and all of them in its order."""
    parts = sre.parse(pattern.pattern, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else 0)
    characters = list(dict.fromkeys(characters_of(parts)))[:14]
    yield from characters
    yield from (first + second for first in characters[:6] for second in characters[:6] if first != second)
    yield "".join(chr(value) for kind, value in parts if kind is sre.LITERAL)
    yield literal_start(parts)[:40]


USES = {(use.pattern, use.searches): use for use in uses()}


@pytest.mark.parametrize("use", USES.values(), ids=lambda use: use.where.removeprefix("jira_session_export."))
def test_no_pattern_needs_the_square_of_the_text(use: Use) -> None:
    read: Callable[[str], object] = use.pattern.match if not use.searches else lambda text: use.pattern.sub("", text)
    for piece in filter(None, hostile(use.pattern)):
        for end in ("", "\x01"):
            assert_linear(
                read, lambda size, piece=piece, end=end: piece * (size // len(piece)) + end, 4_000, repr(piece)
            )


def test_a_quadratic_pattern_would_be_found() -> None:
    with pytest.raises(AssertionError, match="'<a'"):
        test_no_pattern_needs_the_square_of_the_text(Use("", re.compile(r"<[a-z][^>]*>"), searches=True))


def test_the_patterns_are_found() -> None:
    assert len(USES) > 60


def assert_linear(read: Callable[[str], object], text: Callable[[int], str], size: int, what: str) -> None:
    """Eight times the text takes eight times the time; quadratic would be 64. Short times are noise."""
    small, large = text(size), text(8 * size)
    spent = seconds(read, large)
    if spent < 0.02:
        return
    factor = min(seconds(read, large) / max(seconds(read, small), 1e-5) for _ in range(3))
    assert factor < 30, f"{what}: {spent:.3f} s for {len(large):,} characters, {factor:.0f} times that of an eighth"


def seconds(read: Callable[[str], object], text: str) -> float:
    begun = process_time()
    read(text)
    return process_time() - begun


PIECES = [
    "_www.", "www.a_", "http://a_b.c_d", "https://", "www.a.b)", "https://a.b(", "a@", "a.b@c.d_", "a@b.", "&amp;", "www.a.b;", "w",
    "<a", "<a ", "<style>", "<script>", "</script", "<script></script ", "<!--", "<!-- -", "<?", "<![CDATA[", "<!a", "<li>\n", "<div>\n\n",
    "<b>", "</b>", "<b></i>", "<pre>\n", "<x-a>", "<a b=", "<a b='", "<ul><li>", "<p>\n\n", "- <li>\n", "<td>", "<svg>", "<title>",
    "$", "$$", "$$a\n", "> $$a\n\n", "- $$a\n", "$a", "$a$", "`", "`a", "``a`", "|`", "|a|b|\n|-|-|\n|`a|", "|-", "|a\n|-|\n", "a|b\n-|-\n",
    "[", "![", "[a](", "[^a]", "[^a]: b\n", "[!note]", "> [!NOTE]\n", "> > ", "> [!note]\n> ", "- [ ] a\n", "- ", "1. ", "*", "**a", "_a_ ", "~", "~~a",
    ":", ":a", ":::note\n", "!!! note\n", "??? note\n    ", "[~accountid:", "\\", "&", "&#", "# ", "===\n", "a\n-\n", "\t", " \n", "a  \n",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_markdown_takes_linear_time(piece: str) -> None:
    assert_linear(
        lambda text: convert_markdown(text, ALL), lambda size: piece * (size // len(piece)), 1_200, repr(piece)
    )


@pytest.mark.parametrize("piece", ["<a", "<a ", "<b>", "</b>", "<!--", "<script>", "</script ", "<a b='", "< ", "<li>"])
def test_the_look_for_tags_takes_linear_time(piece: str) -> None:
    assert_linear(holds_html, lambda size: piece * (size // len(piece)), 8_000, repr(piece))


@pytest.mark.parametrize(
    "piece", ["<a", "<b>", "<ul><li>", "<p style='a:b;'>", "<table><tr><td>", "<span class='a b'>x</span>", "&"]
)
def test_html_takes_linear_time(piece: str) -> None:
    assert_linear(lambda text: convert_html(text, WHOLE), lambda size: piece * (size // len(piece)), 3_000, repr(piece))

"""Formulas: once, as the TeX that was typed; without TeX, in one line."""

import binascii
import re
from base64 import b64decode
from typing import Final

from jira_session_export._adf.builder import DONE, LINE
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.mathml import ELEMENTS, Part, linear
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import SKIP_SILENTLY, Outcome, Rule, Skip
from jira_session_export._adf.whitespace import UNSEEN

_TEX: Final = (
    "data-latex",
    "data-tex",
    "data-katex",
    "data-formula",
    "data-equation",
    "data-math",
    "data-expr",
    "data-exp",
    "data-asciimath",
    "data-latex-source",
    "data-content-latex",
)
_VALUES: Final = ("data-value", "data-se-value")
_OF_A_FORMULA: Final = re.compile(r"formula|math|latex|katex|equation", re.IGNORECASE)
_KINDS: Final = ("data-type", "data-w-e-type", "data-node-type", "data-content-type", "class", "data-language")
_RENDERED: Final = frozenset({"katex", "mwe-math-element", "mathjax_chtml"})
_TRANSPARENT: Final = re.compile(r"(?<!\S)(?:katex-mathml|mwe-math-mathml-\w+|mjx_assistive_mathml)(?!\S)")
_AS_TEXT: Final = re.compile(r"(?<!\S)language-math(?!\S)")
_IMAGES: Final = re.compile(r"(?<!\S)(?:latex|tex|mwe-math-fallback-image-\w+|wirisformula|math-image)(?!\S)")


_HOLDERS: Final = frozenset({
    "table", "thead", "tbody", "tfoot", "tr", "td", "th", "ul", "ol", "li", "dl", "dd", "dt", "blockquote", "pre",
    "details", "summary", "form", "fieldset", "article", "main", "h1", "h2", "h3", "h4", "h5", "h6",
})  # fmt: skip
"""Elements that hold more than a formula: what a cell of a spreadsheet calls its formula is not what it shows."""


class _Formula(Part):
    """A formula as it is to be written."""

    __slots__ = ()


def _tex_of(element: Element) -> str:
    attrs = element.attrs
    for name in _TEX:
        if name in attrs and (tex := element.get(name).strip()):
            return tex
    for name in _VALUES:
        if name in attrs and any(_OF_A_FORMULA.search(element.get(kind)) for kind in _KINDS):
            return element.get(name).strip()
    if "data-lexical-equation" in attrs:
        try:
            return b64decode(element.get("data-lexical-equation"), validate=True).decode()
        except (binascii.Error, ValueError):
            return ""
    return ""


def _told(element: Element, out: Output) -> Outcome:
    """An element that has the formula's source in an attribute; what is in it is the formula once more."""
    tex = _tex_of(element)
    if not tex or (element.tag in _HOLDERS and "data-latex" not in element.attrs):
        return None
    kinds = " ".join(element.get(name).lower() for name in _KINDS)
    if element.tag in {"div", "figure", "section"} or "block" in kinds or "display" in kinds:
        out.end_line()
        out.text(_Formula(tex))
        out.end_line()
    else:
        out.text(_Formula(tex))
    return Skip(detail="a formula is shown in its place", said=tex)


def _rendered(element: Element, out: Output) -> Outcome:
    """What KaTeX, MathJax and MediaWiki make of a formula: the same in MathML, for the eye and as a picture."""
    words = element.classes
    if element.tag != "mjx-container" and not words & _RENDERED:
        return DONE if _TRANSPARENT.search(element.get("class").lower()) else None

    def formula(pieces: list[str]) -> None:
        found = next((piece for piece in pieces if isinstance(piece, _Formula)), None)
        out.text(_Formula(" ".join("".join(pieces).split())) if found is None else found)

    return out.gather(formula)


def _math(element: Element, out: Output) -> Outcome:
    before, out.tex = out.tex, ""
    block = element.get("display") == "block" and not out.is_collecting
    if block:
        out.end_line()

    def formula(pieces: list[str]) -> None:
        tex, out.tex = out.tex, before
        out.text(_Formula(tex or _without_style(element.get("alttext")) or linear("math", pieces)))

    return (LINE if block else DONE, out.gather(formula))


_STYLE: Final = re.compile(r"\{\\(?:displaystyle|textstyle) (.*)\}", re.DOTALL)


def _without_style(tex: str) -> str:
    styled = _STYLE.fullmatch(tex.strip())
    return (styled[1] if styled else tex).strip()


def _math_part(element: Element, out: Output) -> Outcome:
    if not out.is_collecting:
        return None
    tag = element.tag.rpartition(":")[2]

    def part(pieces: list[str]) -> None:
        out.text(linear(tag, pieces))

    return out.gather(part)


def _annotation(element: Element, out: Output) -> Outcome:
    if not out.is_collecting:
        return None
    if "tex" not in element.get("encoding").lower():
        return SKIP_SILENTLY

    def source(pieces: list[str]) -> None:
        out.tex = _without_style("".join(pieces))

    return out.gather(source)


def _script(element: Element, out: Output) -> Outcome:
    """The source of a formula, as MathJax 2 and CKEditor keep it."""
    kind = element.get("type").lower()
    if not kind.startswith(("math/tex", "math/latex", "math/asciimath")):
        return None
    out.rendered_formula = ""
    closing = LINE if "display" in kind else DONE
    if closing:
        out.end_line()

    def formula(pieces: list[str]) -> None:
        out.text(_Formula("".join(pieces).strip()))

    return (closing, out.gather(formula))


def _drawn(element: Element, out: Output) -> Outcome:
    """What MathJax 2 draws; the source follows in a script."""
    words = element.classes
    if "mathjax_preview" in words:
        return SKIP_SILENTLY
    if not words & {"mathjax", "mathjax_display", "mathjax_svg", "mathjax_svg_display"}:
        return None
    if out.is_collecting:
        return None
    lose_drawn(out)
    element.is_ornament()  # MathJax keeps the formula as MathML on it, too.

    def formula(pieces: list[str]) -> None:
        found = next((piece for piece in pieces if isinstance(piece, _Formula)), None)
        out.rendered_formula = found or " ".join("".join(pieces).split())

    return out.gather(formula)


def lose_drawn(out: Output) -> None:
    """Report a drawn formula whose source did not follow."""
    if out.rendered_formula:
        out.lose(LossKind.MEDIA_REMOVED, out.rendered_formula, "a drawn formula without its source is left out")
        out.rendered_formula = ""


def _as_text(element: Element, out: Output) -> Outcome:
    """A formula whose source is its text, for a script to draw it."""
    if "language-math" not in element.classes or out.is_collecting:
        return None
    closing = LINE if element.tag == "div" else DONE
    if closing:
        out.end_line()

    def formula(pieces: list[str]) -> None:
        out.text(_Formula("".join(pieces).strip(UNSEEN)))

    return (closing, out.gather(formula))


def _image(element: Element, out: Output) -> Outcome:
    """The picture of a formula: its alternative text is the formula."""
    alt = element.get("alt").strip()
    if not alt or not _IMAGES.search(element.get("class").lower()):
        return None
    text = _without_style(alt)
    out.text(text if out.is_collecting else _Formula(text))
    return DONE


def _prefixed(*names: str) -> frozenset[str]:
    """The names of elements, also with the prefixes that journals and word processors write before MathML's."""
    return frozenset(f"{prefix}{name}" for prefix in ("", "m:", "mml:") for name in names)


FORMULA_SCRIPT_RULES = (Rule("formula-script", _script, frozenset({"script"}), frozenset({"type"})),)
"""Asked before the rule that leaves out scripts."""

FORMULA_RULES = (
    Rule("formula-source", _told, None, frozenset({*_TEX, *_VALUES, "data-lexical-equation"})),
    Rule("formula-image", _image, frozenset({"img"}), frozenset({"class"}), mentions=_IMAGES),
    Rule("formula-drawn", _drawn, frozenset({"span", "div"}), frozenset({"class"}), mentions=re.compile(r"mathjax")),
    Rule(
        "formula-rendered",
        _rendered,
        frozenset({"span", "div", "mjx-container"}),
        frozenset({"class"}),
        mentions=re.compile(r"katex|mwe-math|mathjax|mjx"),
    ),
    Rule("formula-text", _as_text, frozenset({"span", "div"}), frozenset({"class"}), mentions=_AS_TEXT),
    Rule("math", _math, _prefixed("math")),
    Rule("math-part", _math_part, _prefixed(*ELEMENTS - {"math"})),
    Rule("math-annotation", _annotation, _prefixed("annotation", "annotation-xml")),
)

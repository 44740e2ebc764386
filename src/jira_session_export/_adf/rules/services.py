"""Elements that services have for themselves: Teams' code and emoji, Joplin's sources, Word's drawings, lazy images."""

import re
from typing import Final

from jira_session_export._adf.block_words import length_in_pixels
from jira_session_export._adf.builder import DONE
from jira_session_export._adf.element import Element
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import SKIP_SILENTLY, Outcome, Rule


def _code_block(element: Element, out: Output) -> Outcome:
    """`<codeblock class="Python">` of Teams."""
    return out.code_block(element.get("class").partition(" ")[0])


def _emoji(element: Element, out: Output) -> Outcome:
    """`<emoji alt="🙂">` of Teams."""
    shown = element.get("alt") or element.get("title")
    if not shown:
        return None
    out.text(shown)
    return SKIP_SILENTLY


def _joplin(element: Element, out: Output) -> Outcome:
    """Joplin's frame: the source of a block, and after it the same once more, as it is shown."""
    if "joplin-editable" not in element.classes:
        return None
    before, out.joplin_source = out.joplin_source, False
    out.end_line()

    def restore() -> None:
        out.end_line()
        out.joplin_source = before

    return restore


def _joplin_source(element: Element, out: Output) -> Outcome:
    if out.joplin_source is None:
        return None
    if out.joplin_source:
        return SKIP_SILENTLY
    if "joplin-source" not in element.classes:
        return None
    closing = out.code_block(element.get("data-joplin-language"))

    def done() -> None:
        out.joplin_source = True

    return (done, closing)


# --- images


def _vector_frame(element: Element, out: Output) -> Outcome:
    """`<v:shape>`: Word's frame for a picture, with its words and its size."""
    before = out.image_element
    width, height = (length_in_pixels(element.style.get(name, "")) for name in ("width", "height"))
    out.image_element = (element.get("alt"), round(width) if width else None, round(height) if height else None)
    if element.get("id"):
        out.drawn_shapes.add(element.get("id"))

    def restore() -> None:
        out.image_element = before

    return restore


def _vector_image(element: Element, out: Output) -> Outcome:
    source = element.get("src")
    if not source:
        return None
    alt, width, height = out.image_element or ("", None, None)
    out.image(source, alt=alt or element.get("o:title"), width=width, height=height)
    return DONE


def _drawn_already(element: Element, out: Output) -> Outcome:
    """What Word writes for those that cannot draw a shape."""
    shapes = element.get("v:shapes").split()
    return DONE if shapes and out.drawn_shapes.issuperset(shapes) else None


def _noscript(element: Element, out: Output) -> Outcome:
    """The twin of an image that a script loads."""
    before, out.in_noscript = out.in_noscript, True

    def restore() -> None:
        out.in_noscript = before

    return restore


_JOPLIN: Final = re.compile(r"joplin-editable")

SERVICE_RULES = (
    Rule("teams-code", _code_block, frozenset({"codeblock"})),
    Rule("teams-emoji", _emoji, frozenset({"emoji"})),
    Rule("joplin", _joplin, frozenset({"div"}), frozenset({"class"}), mentions=_JOPLIN),
    Rule("joplin-source", _joplin_source, frozenset({"pre"}), frozenset({"class"})),
    Rule("vml-shape", _vector_frame, frozenset({"v:shape", "v:rect"})),
    Rule("vml-image", _vector_image, frozenset({"v:imagedata"}), frozenset({"src"})),
    Rule("drawn-already", _drawn_already, frozenset({"img"}), frozenset({"v:shapes"})),
    Rule("noscript", _noscript, frozenset({"noscript"})),
)

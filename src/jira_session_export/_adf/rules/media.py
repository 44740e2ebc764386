"""Links, images, figures and what is embedded from elsewhere."""

import re

from jira_session_export._adf.builder import DONE, LINE
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import SKIP, Outcome, Rule

_CARDS = ("inline", "block", "embed")
_PIXELS = re.compile(r"\s*(\d{1,7}(?:\.\d{1,4})?)(?:px)?\s*$")


def _link(element: Element, out: Output) -> Outcome:
    return out.link(element.get("href"), element.get("title"))


def _card(element: Element, out: Output) -> Outcome:
    """A smart link, as our preview and Atlassian's editor write it: a link whose text is its address, or nothing."""
    kind = element.get("data-card") or next((kind for kind in _CARDS if f"data-{kind}-card" in element.attrs), "")
    url = element.get("href") or element.get("data-card-url")
    if kind not in _CARDS:
        return None
    extra: dict[str, str] = {"layout": element.get("data-layout") or "center"} if kind == "embed" else {}

    def card(text: str) -> None:
        if text in {"", url} and out.card(f"{kind}Card", url, **extra):
            return
        closing = out.link(url)
        out.text(text)
        out.end(closing)

    return out.capture(card)


def pixels(element: Element, name: str) -> float | None:
    """Width or height of an element in pixels; None when it is relative or not given."""
    found = _PIXELS.match(element.style.get(name, "")) or _PIXELS.match(element.get(name))
    if found is None or float(found[1]) <= 0:
        return None
    value = float(found[1])
    return int(value) if value.is_integer() else value


def _image(element: Element, out: Output) -> Outcome:
    source = element.get("src") or element.get("data-src") or element.get("srcset").strip().partition(" ")[0]
    out.image(source, alt=element.get("alt"), width=pixels(element, "width"), height=pixels(element, "height"))
    return DONE


def _vector_image(element: Element, out: Output) -> Outcome:
    # Icons say of themselves that they are decoration; nobody has to put them back.
    icon = element.get("aria-hidden") == "true"
    kind = LossKind.FORMATTING_DROPPED if icon else LossKind.MEDIA_REMOVED
    out.lose(kind, f"<{element.tag}>", "a drawing is left out; its text stays")
    return DONE


def _figure_caption(element: Element, out: Output) -> Outcome:
    out.end_line()
    figure = out.last_block()
    if figure is not None and figure["type"] == "mediaSingle" and len(figure["content"]) == 1:
        return out.caption(figure)
    return LINE


def _embed(element: Element, out: Output) -> Outcome:
    source = element.get("src") or element.get("data")
    out.end_line()
    shown = out.web_address(source) is not None and out.card("inlineCard", source)
    out.end_line()
    kind, what = (LossKind.EMBED_REMOVED, "kept as a link card") if shown else (LossKind.MEDIA_REMOVED, "left out")
    out.lose(kind, source or f"<{element.tag}>", f"ADF cannot embed <{element.tag}>: {what}")
    return SKIP if element.tag == "iframe" else LINE


def _control(element: Element, out: Output) -> Outcome:
    if element.get("type").lower() != "hidden":
        shown = element.get("value") or element.get("placeholder") or f"<{element.tag}>"
        out.lose(LossKind.EMBED_REMOVED, shown, "ADF has no form controls")
    return DONE


MEDIA_RULES = (
    Rule("card", _card, frozenset({"a", "span", "div"}),
         frozenset({"data-card", "data-inline-card", "data-block-card", "data-embed-card", "data-card-url"})),
    Rule("link", _link, frozenset({"a"}), frozenset({"href"})),
    Rule("image", _image, frozenset({"img", "image"})),
    Rule("drawing", _vector_image, frozenset({"svg", "canvas"})),
    Rule("figure-caption", _figure_caption, frozenset({"figcaption"})),
    Rule("embed", _embed, frozenset({"iframe", "video", "audio", "object", "embed"})),
    Rule("form-control", _control, frozenset({"input", "progress", "meter"})),
)  # fmt: skip

"""Links, images, figures and what is embedded from elsewhere."""

import re
from html import unescape
from typing import Any

from jira_session_export._adf.builder import DONE, LINE, Closing
from jira_session_export._adf.element import Element
from jira_session_export._adf.image_words import layout_of, percent, pixels
from jira_session_export._adf.link_words import is_address, real_address
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import ImageFrame, Output
from jira_session_export._adf.rules.page_links import is_permalink, link_in_page, pointing_link
from jira_session_export._adf.rules.ruleset import SKIP, SKIP_SILENTLY, Outcome, Rule, Skip
from jira_session_export._adf.silent import is_custom
from jira_session_export._adf.whitespace import one_line

_TAG = re.compile("<[^<>]*>")
_ORIGINALS = ("originalsrc", "x_originalsrc", "data-original-href")
_CARDS = ("inline", "block", "embed")


def _link(element: Element, out: Output) -> Outcome:
    href = element.get("href")
    if not out.is_collecting:
        if href.lstrip()[:1] == "#":
            return link_in_page(element, out)
        if "class" in element.attrs and is_permalink(element):
            return pointing_link(element, href, out)
    if len(element.attrs) == 1:
        return out.link(real_address(href))
    original = next((given for name in _ORIGINALS if is_address(given := element.get(name))), "")
    return out.link(real_address(original or href), element.get("title"))


def _custom_link(element: Element, out: Output) -> Outcome:
    """An element of somebody's own with an address, such as a reference to an issue."""
    href = element.get("href").strip()
    return out.link(real_address(href)) if is_custom(element.tag) and href and href[0] != "#" else None


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


def _image(element: Element, out: Output) -> Outcome:
    source = _source_of(element, out)
    if out.in_noscript and source == out.lazy_source:
        return DONE
    alt, title = element.get("alt"), element.get("title").strip()
    if not alt and _is_a_dot(element):
        out.lose(LossKind.IMAGE_REMOVED, source, "a picture of one pixel, by which a mail is counted: nobody sees it")
        return DONE
    link = out.link(element.get("data-href")) if "data-href" in element.attrs else DONE
    said = element.get("data-caption").strip() or element.get("caption").strip()  # The last one is Milkdown's.
    caption = said or (title if title != alt.strip() else "")
    figure = out.image(
        source,
        alt=alt,
        width=pixels(element, "width"),
        height=pixels(element, "height"),
        layout=layout_of(element),
        percent=percent(element),
        caption=caption,
    )
    out.end(link)
    if caption and figure is None:
        out.lose(LossKind.FORMATTING_DROPPED, caption, "a caption needs an image that is shown in its place")
    return DONE


def _is_a_dot(element: Element) -> bool:
    given = (element.get(name) or element.style.get(name, "") for name in ("width", "height"))
    return all(length in _DOT for length in given)


_DOT = frozenset({"0", "1", "0px", "1px"})


def _source_of(element: Element, out: Output) -> str:
    """The address of an image: that which a script loads comes before the placeholder it stands over."""
    source = element.get("src")
    names = () if _LAZY.isdisjoint(element.attrs) else _LAZIEST_FIRST
    lazy = next((given for name in names if (given := element.get(name).strip())), "")
    if lazy and (not source or source.startswith("data:") or element.classes & _LAZY_WORDS):
        out.lazy_source = source = lazy.partition(" ")[0]
    return source or element.get("srcset").strip().partition(" ")[0]


_LAZIEST_FIRST = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-srcset")
_LAZY = frozenset(_LAZIEST_FIRST)
_LAZY_WORDS = frozenset({"lazy", "lazyload", "lazyloaded", "lazyloading"})


def _image_frame(element: Element, out: Output) -> Outcome:
    """A figure, or what editors put around an image in place of one: its width and side are the image's."""
    figure = element.tag == "figure"
    if not figure and not _FRAME_CLASS.search(element.get("class").lower()):
        return None
    before = out.image_frame
    element.get("data-url")  # BlockNote's; the image in it has the same.
    width = pixels(element, "width")
    out.image_frame = ImageFrame(
        layout=layout_of(element) or before.layout,
        percent=percent(element) or before.percent,
        width=width if figure and width is not None else before.width,
        room=width or before.room,
        caption=element.get("data-caption").strip(),
    )
    if element.tag != "span":
        out.end_line()

    def restore() -> None:
        caption, out.image_frame = out.image_frame.caption, before
        if caption:
            _add_caption(caption, out)

    return (restore, LINE) if element.tag != "span" else restore


def _add_caption(caption: str, out: Output) -> None:
    """The caption that an attribute of the frame gives, unless there is one already."""
    figure = out.last_block()
    if figure is not None and figure["type"] == "mediaSingle":
        if len(figure["content"]) == 1:
            out.end((out.caption(figure), out.written_text(caption)))
    elif figure is None or caption not in _text_of(figure):
        out.lose(LossKind.CONTENT_REMOVED, caption, "a caption needs an image that is shown in its place")


def _text_of(node: dict[str, Any]) -> str:
    return "".join(child.get("text", "") for child in node.get("content", ()))


def _vector_image(element: Element, out: Output) -> Outcome:
    # Icons say of themselves that they are decoration; nobody has to put them back.
    icon = element.get("aria-hidden") == "true"
    kind = LossKind.FORMATTING_DROPPED if icon else LossKind.MEDIA_REMOVED
    out.lose(kind, f"<{element.tag}>", "a drawing is left out; its text stays")
    if icon or out.in_drawing:
        return DONE
    out.in_drawing = True

    def end() -> None:
        out.in_drawing = False

    return end


def _figure_caption(element: Element, out: Output) -> Outcome:
    if out.in_line_figure:
        return DONE
    out.end_line()
    figure = out.last_block()
    if figure is not None and figure["type"] == "mediaSingle":
        if len(figure["content"]) > 1:
            title = _text_of(figure["content"].pop())
            out.lose(LossKind.FORMATTING_DROPPED, title, "an image has one caption: the title gives way to it")
        return out.caption(figure)
    return LINE


def _image_caption(element: Element, out: Output) -> Outcome:
    """The caption of an image where an editor does without `<figcaption>`."""
    if not _CAPTION_CLASS.search(element.get("class").lower()):
        return None
    out.end_line()
    figure = out.last_block()
    if figure is None or figure["type"] != "mediaSingle" or len(figure["content"]) > 1:
        return None
    return out.caption(figure)


# --- what is embedded


def _embed(element: Element, out: Output) -> Outcome:
    source = element.get("src") or element.get("data") or element.get("data-src")
    if element.tag in {"video", "audio"}:
        return _player(element, source, out)
    if element.tag == "object" and not source:
        return _frame_of_content(out)
    show_embedded(source, element.tag, out, _TAG.sub(" ", element.get("srcdoc")))
    return SKIP if element.tag == "iframe" else LINE


def _frame_of_content(out: Output) -> Closing:
    """`<object>` without an address, such as Apple Notes writes around a table: what is in it is shown."""
    out.end_line()
    begun, number = out.written, out.element

    def settle() -> None:
        if out.is_blank_since(begun):
            now, out.element = out.element, number
            out.lose(LossKind.MEDIA_REMOVED, "<object>", "ADF cannot embed <object>: left out")
            out.element = now

    return (settle, LINE)


def show_embedded(source: str, tag: str, out: Output, within: str = "") -> None:
    """A card to what is embedded, with a loss; without an address the loss quotes what is written `within`."""
    out.end_line()
    shown = out.web_address(source) is not None and out.card("inlineCard", source)
    out.end_line()
    kind, what = (LossKind.EMBED_REMOVED, "kept as a link card") if shown else (LossKind.MEDIA_REMOVED, "left out")
    out.lose(kind, source or within.strip() or f"<{tag}>", f"ADF cannot embed <{tag}>: {what}")


def _player(element: Element, source: str, out: Output) -> Outcome:
    """A player, whose address may stand in a `<source>`; what else is in it is shown by old browsers only."""
    if out.is_collecting:
        out.lose(LossKind.MEDIA_REMOVED, source or f"<{element.tag}>", f"ADF cannot embed <{element.tag}>: left out")
        return LINE
    before, out.player_source = out.player_source, source
    tag, number = element.tag, out.element

    def show(pieces: list[str]) -> None:
        found, out.player_source = out.player_source, before
        now, out.element = out.element, number
        show_embedded(found or "", tag, out)
        if text := one_line("".join(pieces)):
            out.lose(LossKind.TEXT_REMOVED, text, "only browsers that cannot play it show this")
        out.element = now

    return out.gather(show)


def _source(element: Element, out: Output) -> Outcome:
    if out.player_source == "":
        out.player_source = element.get("src")
    return DONE


def _oembed(element: Element, out: Output) -> Outcome:
    """What CKEditor and others write for something to be embedded by the page: its address in an attribute."""
    source = next((value for name in _EMBEDDED if (value := element.get(name).strip())), "")
    if out.web_address(source) is None or out.is_collecting:
        return None
    show_embedded(source, element.tag, out)
    return Skip(detail="a preview of what is embedded", said=source)


def _in_line(out: Output) -> Closing:
    """A figure that stands in a sentence, such as a mention of Trix."""
    before, out.in_line_figure = out.in_line_figure, True

    def restore() -> None:
        out.in_line_figure = before

    return restore


def _trix_attachment(element: Element, out: Output) -> Outcome:
    """An attachment of Trix whose content is a frame: the frame itself is cleaned away, its address stays."""
    attachment = element.get("data-trix-attachment")
    found = _FRAME_SOURCE.search(attachment)
    if found is None or out.web_address(unescape(found[1])) is None:
        inline = "attachment--content" in element.classes and not _BLOCK_IN_CONTENT.search(attachment)
        return _in_line(out) if inline else None
    show_embedded(unescape(found[1]), "iframe", out)
    return SKIP_SILENTLY  # The frame, if it is there, and no caption of the author's.


def _action_text(element: Element, out: Output) -> Outcome:
    """`<action-text-attachment>`: how Rails stores what Trix attached, without what it shows."""
    address, name = element.get("url") or element.get("href"), element.get("filename")
    if element.get("content-type").startswith("image/") and address:
        out.image(
            address,
            alt=element.get("alt") or name,
            width=pixels(element, "width"),
            height=pixels(element, "height"),
            caption=element.get("caption").strip(),
        )
        return SKIP_SILENTLY
    if out.web_address(address) is None:
        return None
    closing = out.link(address)
    out.text(element.get("caption").strip() or name or address)
    out.end(closing)
    return SKIP_SILENTLY


def _wrapped_address(element: Element, out: Output) -> Outcome:
    """What WordPress stores for something to be embedded: its address, as the text of a frame."""
    if "wp-block-embed__wrapper" not in element.classes or out.is_collecting:
        return None

    out.end_line()
    number = out.element

    def show() -> None:
        out.end_line()
        block = out.last_block()
        text = _text_of(block).strip() if block is not None and block["type"] == "paragraph" else ""
        if block is not None and len(block["content"]) == 1 and is_address(text) and (url := out.web_address(text)):
            block["content"] = [{"type": "inlineCard", "attrs": {"url": url}}]
            now, out.element = out.element, number
            out.lose(LossKind.EMBED_REMOVED, text, "ADF cannot embed it: kept as a link card")
            out.element = now

    return show


def _link_card(element: Element, out: Output) -> Outcome:
    """A card of wangEditor's: its address and title stand in attributes."""
    address = element.get("data-link")
    if element.get("data-w-e-type") != "link-card" or out.web_address(address) is None:
        return None
    out.end_line()
    closing = out.link(address)
    out.text(element.get("data-title").strip() or address)
    out.end(closing)
    out.end_line()
    element.is_ornament()  # What it also has is the address of a picture.
    return SKIP_SILENTLY


def _control(element: Element, out: Output) -> Outcome:
    if element.get("type").lower() != "hidden":
        shown = element.get("value") or element.get("placeholder") or f"<{element.tag}>"
        out.lose(LossKind.EMBED_REMOVED, shown, "ADF has no form controls")
    return DONE


_EMBEDDED = ("url", "data-oembed-url", "data-embed-url", "data-oembed", "data-video-url", "data-embed-src")
_BLOCK_IN_CONTENT = re.compile(
    r"<(?:hr|div|p|table|ul|ol|pre|blockquote|h[1-6]|figure|section|img|video|audio)\b", re.IGNORECASE
)
_FRAME_SOURCE = re.compile(r"<iframe[^>]{0,500}?src=\\?\"([^\"\\]+)")
_FRAME_CLASS = re.compile(
    r"(?<!\S)(?:[\w-]*[-_])?(?:img-caption|image-container|image-caption|image-wrapper|img-wrapper|image-inline|wp-caption"
    r"|image_resized|imageblock|image-block|image-component|image-resizer|resizable-image|resize-wrapper|resizable-wrapper|media-block|e-img-caption|e-img-caption-container|figure)(?!\S)"
)
_CAPTION_CLASS = re.compile(
    r"(?<!\S)(?:fr-inner|e-img-inner|e-img-caption-text|wp-caption-text|(?:[\w-]*[-_])?(?:img|image|figure|media|photo|file|tool)[-_]{1,2}caption)"
    r"(?!\S)"
)

MEDIA_RULES = (
    Rule(
        "card",
        _card,
        frozenset({"a", "span", "div"}),
        frozenset({"data-card", "data-inline-card", "data-block-card", "data-embed-card", "data-card-url"}),
    ),
    Rule("link", _link, frozenset({"a"}), frozenset({"href"})),
    Rule("custom-link", _custom_link, None, frozenset({"href"}), passes_on=True),
    Rule("trix-attachment", _trix_attachment, frozenset({"figure"}), frozenset({"data-trix-attachment"})),
    Rule("action-text", _action_text, frozenset({"action-text-attachment"})),
    Rule(
        "wrapped-address",
        _wrapped_address,
        frozenset({"div"}),
        frozenset({"class"}),
        mentions=re.compile("wp-block-embed__"),
    ),
    Rule("link-card", _link_card, frozenset({"div"}), frozenset({"data-w-e-type"})),
    Rule("oembed", _oembed, frozenset({"oembed", "o-embed", "div", "figure", "span"}), frozenset(_EMBEDDED)),
    Rule(
        "figure",
        _image_frame,
        frozenset({"figure"}),
        frozenset({"class", "style", "data-caption", "data-text-alignment", "data-align"}),
    ),
    Rule("image-frame", _image_frame, frozenset({"span", "div"}), frozenset({"class"}), mentions=_FRAME_CLASS),
    Rule(
        "image-caption", _image_caption, frozenset({"span", "div", "p"}), frozenset({"class"}), mentions=_CAPTION_CLASS
    ),
    Rule("image", _image, frozenset({"img", "image"})),
    Rule("player-source", _source, frozenset({"source"})),
    Rule("drawing", _vector_image, frozenset({"svg", "canvas"})),
    Rule("figure-caption", _figure_caption, frozenset({"figcaption"})),
    Rule("embed", _embed, frozenset({"iframe", "video", "audio", "object", "embed"})),
    Rule("form-control", _control, frozenset({"input", "progress", "meter"})),
)

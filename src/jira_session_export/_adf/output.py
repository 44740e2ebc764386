"""The builder together with what one conversion knows: its options, and the files it met."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from jira_session_export._adf.builder import DONE, Builder, Closing, Frame, Node
from jira_session_export._adf.files import EmbeddedFile, read_embedded_file
from jira_session_export._adf.list_markers import Marker
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.tables import ORDINARY_TABLE, TableContext
from jira_session_export._adf.urls import safe_url, scheme_of

_WEB = frozenset({"http", "https"})
_SCHEME_OF_THE_PAGE = re.compile(r"\s*//[A-Za-z0-9]")
"""An address without a scheme: it takes the one of the page it stands in."""
_LARGEST_SIDE = 100_000


class ImagePolicy(StrEnum):
    """What becomes of an image that has an address on the web."""

    EXTERNAL = "external"
    """Shown in place, loaded from its address."""
    LINK = "link"
    """A link with the image's alternative text, for sites whose images need a login."""
    REMOVE = "remove"
    """Left out and noted as a loss."""


@dataclass(frozen=True, slots=True)
class ImageFrame:
    """What a frame says about the images in it.

    Attributes:
        layout: one of the layouts of `mediaSingle`.
        percent: how wide they are shown, of the width there is.
        width: how wide they are shown, in pixels.
        room: how wide it is itself, in pixels: what the width of an image in percent is of.
        caption: in plain text.
    """

    layout: str | None = None
    percent: float | None = None
    width: float | None = None
    room: float | None = None
    caption: str = ""


_NO_FRAME = ImageFrame()


class Choices(Protocol):
    """The options that writing depends on; `ConversionOptions` has them."""

    @property
    def heading_offset(self) -> int:
        """Added to the level of headings."""

    @property
    def link_schemes(self) -> Collection[str]:
        """Schemes of links that may pass."""

    @property
    def base_url(self) -> str | None:
        """What relative addresses are relative to."""

    @property
    def image_policy(self) -> str:
        """What becomes of images on the web."""


class Output(Builder):
    """A builder that also knows headings, links, images and cards by the options of the conversion.

    Attributes:
        files: images that have no address on the web, in order; each has a placeholder in the document.
        language_hint: the language of the next code block that names none.
        in_code_macro: whether code blocks stand in a frame of Atlassian's code macro, whose classes name languages.
        in_code_frame: whether code blocks stand in a frame of an editor or highlighter, with its labels and buttons.
        in_code_figure: whether that frame is a figure, in which a table is code with the numbers of its lines.
        image_frame: what a frame says about the images to come.
        player_source: the address of the player that is open, empty while none is known; None when no player is open.
        in_line_figure: whether a figure is open that stands in a sentence.
        in_drawing: whether a drawing is left out that is no icon.
        in_emoji: whether an emoji is being read: pictures in it show it once more.
        held: what the blocks that are open have begun for their children, outermost first.
        quotes: how many inline quotations are open.
        options: of the list to choose from that is open, and whether each is chosen; None when none is open.
        tex: the source of the formula that is being read, when it has been met.
        rendered_formula: a formula that was drawn, and whose source is still to come.
        next_language: the language of the next code block, said before it, that names none.
        end_of_error: in a message of Jira's, what ends with it; None elsewhere.
        macros: the macros of Confluence that are open, outermost first.
        link_title: the title of what the link of Confluence that is open leads to; None when none is open.
        image_element: alternative text, width and height of the image of Confluence that is open.
        media_frame: the attributes of the `mediaSingle` that Atlassian's editor has put around the image to come.
        media_border: the border around it, as a mark.
        table_context: what the table, its sections and rows say about the cells to come.
        table_width: of the next table, in pixels, when a frame around it says it.
        in_list_line: a paragraph is open that is an item of a list when it begins with a marker.
        in_list_marker: the marker of an item is being read.
        told_marker: the marker that the paragraph has told by an element of its own.
        in_code_font: text stands in a font that tells code.
        has_code_font: the source has such text.
        code_blocks: how many blocks of code have been begun.
        joplin_source: in a frame of Joplin's, whether its source has been met; None elsewhere.
        drawn_shapes: the ids of Word's shapes that have been met.
        in_noscript: what is shown without scripts is being read.
        lazy_source: the address of the last image that a script loads.
        drawn_table: the table that the rows of the table of Plate that is open have begun; None when none is open.
        toggle: where the items of a list stand that are no items but parts that open; None elsewhere.
        section_list: the type of the lists of a section, when the section says it.
    """

    __slots__ = (
        "choices",
        "code_blocks",
        "drawn_shapes",
        "drawn_table",
        "end_of_error",
        "files",
        "has_code_font",
        "held",
        "image_element",
        "image_frame",
        "in_code_figure",
        "in_code_font",
        "in_code_frame",
        "in_code_macro",
        "in_drawing",
        "in_emoji",
        "in_line_figure",
        "in_list_line",
        "in_list_marker",
        "in_noscript",
        "joplin_source",
        "language_hint",
        "lazy_source",
        "link_title",
        "macros",
        "media_border",
        "media_frame",
        "next_language",
        "options",
        "player_source",
        "quotes",
        "rendered_formula",
        "section_list",
        "table_context",
        "table_width",
        "tex",
        "toggle",
        "told_marker",
    )

    def __init__(self, choices: Choices) -> None:
        super().__init__()
        self.choices: Choices = choices
        self.files: list[EmbeddedFile] = []
        self.language_hint: str = ""
        self.in_code_macro: bool = False
        self.in_code_frame: bool = False
        self.in_code_figure: bool = False
        self.image_frame: ImageFrame = _NO_FRAME
        self.player_source: str | None = None
        self.in_drawing: bool = False
        self.in_emoji: bool = False
        self.in_line_figure: bool = False
        self.held: list[Closing] = []
        self.quotes: int = 0
        self.options: list[tuple[str, bool]] | None = None
        self.tex: str = ""
        self.rendered_formula: str = ""
        self.next_language: str = ""
        self.end_of_error: Callable[[], str] | None = None
        self.macros: list[Any] = []
        self.link_title: str | None = None
        self.image_element: tuple[str, int | None, int | None] | None = None
        self.media_frame: Node = {}
        self.media_border: Node | None = None
        self.table_context: TableContext = ORDINARY_TABLE
        self.table_width: float | None = None
        self.section_list: str = ""
        self.drawn_table: list[Closing] | None = None
        self.toggle: Frame | None = None
        self.joplin_source: bool | None = None
        self.drawn_shapes: set[str] = set()
        self.in_noscript: bool = False
        self.lazy_source: str = ""
        self.in_code_font: bool = False
        self.has_code_font: bool = False
        self.code_blocks: int = 0
        self.in_list_line: bool = False
        self.in_list_marker: bool = False
        self.told_marker: Marker | None = None

    @property
    def in_code(self) -> bool:
        """Whether code is being written, or the frame around it."""
        return self.in_code_frame or self.parent_type == "codeBlock"

    def read_html(self, html: str) -> None:
        """Write a piece of HTML that the source has as text; an output that cannot read it writes the text."""
        self.text(html)

    def heading(self, level: int) -> Closing:
        """Begin a heading; `heading_offset` is added to its level."""
        level += self.choices.heading_offset
        if not 1 <= level <= 6:
            level = 1 if level < 1 else 6
        attrs = {"level": level}
        if not self._block_marks and (frame := self.open_plainly("heading", attrs)):
            return frame
        return self._open("heading", attrs)

    def code_block(self, language: str = "") -> Closing:
        """Begin a code block; its text is written as it is."""
        self.code_blocks += 1
        language = language or self.language_hint or self.next_language
        self.next_language = ""
        return self._open("codeBlock", {"language": language} if language else {})

    def link(self, href: str, title: str = "") -> Closing:
        """Make the text until `end` a link; only text stays when the address may not pass."""
        url = safe_url(href, self.choices.link_schemes, self.choices.base_url)
        if url is None:
            if href.strip():
                self.lose(LossKind.LINK_REMOVED, href, _why_removed(href))
            return DONE
        return self.mark("link", {"href": url, "title": title} if title else {"href": url})

    def web_address(self, url: str) -> str | None:
        """The whole address when it is one on the web, None otherwise."""
        if self.choices.base_url is None and _SCHEME_OF_THE_PAGE.match(url):
            url = f"https:{url.lstrip()}"
        safe = safe_url(url, _WEB, self.choices.base_url)
        if safe is None or safe.startswith(("https://", "http://")):
            return safe
        return safe if scheme_of(safe) in _WEB else None

    def card(self, node_type: str, url: str, **attrs: str | float) -> bool:
        """Add a card (`inlineCard`, `blockCard`, `embedCard`); False, and a loss, when its address may not pass."""
        safe = self.web_address(url)
        if safe is None:
            self.lose(LossKind.LINK_REMOVED, url, "a card needs an address on the web")
            return False
        if node_type == "inlineCard":
            self.inline(node_type, {"url": safe})
        else:
            self.block(node_type, {"url": safe, **attrs})
        return True

    def image(
        self,
        source: str,
        *,
        alt: str = "",
        width: float | None = None,
        height: float | None = None,
        layout: str | None = None,
        percent: float | None = None,
        caption: str = "",
    ) -> Node | None:
        """Add an image; one without an address on the web becomes an embedded file with a placeholder.

        Args:
            source: the address as written.
            alt: what it shows, in words.
            width, height: in pixels.
            layout: one of the layouts of `mediaSingle`; None for what the frame or the paragraph around it says.
            percent: how wide it is shown, of the width there is.
            caption: in plain text.

        Returns:
            The `mediaSingle` it became, None when it became something else.
        """
        url = self.web_address(source)
        if url is None:
            self._embed(source, alt, width, height, self._figure_attrs(layout, percent, {"width": width}))
            return None
        if self.choices.image_policy == ImagePolicy.REMOVE:
            self.lose(LossKind.IMAGE_REMOVED, source, "images are left out by choice")
            return None
        if self.choices.image_policy == ImagePolicy.LINK:
            closing = self.link(url)
            self.text(alt or url.rsplit("/", 1)[-1] or url)
            self.end(closing)
            return None
        attrs: Node = {"type": "external", "url": url}
        if alt:
            attrs["alt"] = alt
        for name, value in (("width", width), ("height", height)):
            if value is not None and 0 < value <= _LARGEST_SIDE:
                attrs[name] = value
        media: Node = {"type": "media", "attrs": attrs}
        if "link" in self.marks:
            media["marks"] = [{"type": "link", "attrs": dict(self.marks.attrs("link"))}]
        content = [media]
        figure = self.block("mediaSingle", self._figure_attrs(layout, percent, attrs), content)
        if figure is not None and caption:
            figure["content"].append({"type": "caption", "content": [{"type": "text", "text": caption}]})
        return figure

    def _figure_attrs(self, layout: str | None, percent: float | None, media: Node) -> Node:
        frame = self.image_frame
        layout = layout or frame.layout or ("align-end" if self.is_aligned_to_end else "center")
        if percent and frame.room:
            return {"layout": layout, "width": round(frame.room * percent / 100), "widthType": "pixel"}
        share = percent or frame.percent
        if percent and frame.percent:
            share = round(percent * frame.percent) / 100
            share = int(share) if share.is_integer() else share
        if share:
            return {"layout": layout, "width": share}
        # Its own width is then the one that the picture has by nature.
        if frame.width and media.get("width") != frame.width:
            return {"layout": layout, "width": frame.width, "widthType": "pixel"}
        return {"layout": layout}

    def attached_image(
        self, name: str, *, alt: str = "", width: float | None = None, height: float | None = None
    ) -> None:
        """Add an image that is meant by the name of a file, whatever relative addresses are relative to."""
        self._embed(name, alt, width, height)

    def _embed(
        self, source: str, alt: str, width: float | None, height: float | None, figure: Node | None = None
    ) -> None:
        if not source.strip():
            self.lose(LossKind.IMAGE_REMOVED, alt, "an image without an address")
            return
        if "link" in self.marks:
            self.lose(LossKind.LINK_REMOVED, str(self.marks.attrs("link")["href"]), "an attached image bears no link")
        file = read_embedded_file(
            f"embedded-{len(self.files) + 1}", source, alt=alt, width=width, height=height, figure=figure or {}
        )
        self.files.append(file)
        self.block("paragraph", {"localId": file.id}, [])


def _why_removed(href: str) -> str:
    scheme = scheme_of(href)
    return f"links to {scheme}: are not allowed" if scheme else "a relative address leads nowhere in Jira"

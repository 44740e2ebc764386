"""Colours that editors write as words: names of their own palettes, in attributes and classes."""

import re
from typing import Final

from jira_session_export._adf.colours import hex_colour, text_colour
from jira_session_export._adf.element import Element
from jira_session_export._adf.memory import remembering

# What BlockNote shows for its names in a light theme; Notion's API uses the same names. (text, background)
_BLOCK_COLOURS: Final = {
    "gray": ("#9b9a97", "#ebeced"), "brown": ("#64473a", "#e9e5e3"), "red": ("#e03e3e", "#fbe4e4"),
    "orange": ("#d9730d", "#f6e9d9"), "yellow": ("#dfab01", "#fbf3db"), "green": ("#4d6461", "#ddedea"),
    "blue": ("#0b6e99", "#ddebf1"), "purple": ("#6940a5", "#eae4f2"), "pink": ("#ad1a72", "#f4dfeb"),
}  # fmt: skip

# Classes that colour text (`text`) or mark it (`background`), as the editors' own style sheets have them.
_BACKGROUND_CLASSES: Final = {
    "marker": "#ffff00", "fr-class-highlighted": "#ffff00",
    "marker-yellow": "#fdfd77", "marker-green": "#62f962", "marker-pink": "#fc7899", "marker-blue": "#72ccfd",
    "highlight-gray_background": "#f1f1ef", "highlight-brown_background": "#f4eeee",
    "highlight-orange_background": "#fbecdd", "highlight-yellow_background": "#fbf3db",
    "highlight-teal_background": "#edf3ec", "highlight-blue_background": "#e7f3f8",
    "highlight-purple_background": "#f6f3f9", "highlight-pink_background": "#faf1f5",
    "highlight-red_background": "#fdebec",
    # Quill, when a host lets it write colours as classes.
    "ql-bg-black": "#000000", "ql-bg-red": "#e60000", "ql-bg-orange": "#ff9900", "ql-bg-yellow": "#ffff00",
    "ql-bg-green": "#008a00", "ql-bg-blue": "#0066cc", "ql-bg-purple": "#9933ff",
}  # fmt: skip
_TEXT_CLASSES: Final = {
    "pen-red": "#e71313", "pen-green": "#128a00",
    "highlight-gray": "#787774", "highlight-brown": "#9f6b53", "highlight-orange": "#d9730d",
    "highlight-yellow": "#cb912f", "highlight-teal": "#448361", "highlight-blue": "#337ea9",
    "highlight-purple": "#9065b0", "highlight-pink": "#c14c8a", "highlight-red": "#d44c47",
    "block-color-gray": "#787774", "block-color-brown": "#9f6b53", "block-color-orange": "#d9730d",
    "block-color-yellow": "#cb912f", "block-color-teal": "#448361", "block-color-blue": "#337ea9",
    "block-color-purple": "#9065b0", "block-color-pink": "#c14c8a", "block-color-red": "#d44c47",
    "ql-color-white": "#ffffff", "ql-color-red": "#e60000", "ql-color-orange": "#ff9900",
    "ql-color-yellow": "#ffff00", "ql-color-green": "#008a00", "ql-color-blue": "#0066cc",
    "ql-color-purple": "#9933ff",
    # Zendesk's comments.
    "wysiwyg-color-red": "#ff0000", "wysiwyg-color-orange": "#ffa500", "wysiwyg-color-yellow": "#ffff00",
    "wysiwyg-color-green": "#008000", "wysiwyg-color-blue": "#0000ff", "wysiwyg-color-purple": "#800080",
    "wysiwyg-color-pink": "#ffc0cb", "wysiwyg-color-cyan": "#00ffff",
}  # fmt: skip
# WordPress's own palette; a theme's colours are known to its style sheet alone.
_WORDPRESS: Final = {
    "black": "#000000", "cyan-bluish-gray": "#abb8c3", "white": "#ffffff", "pale-pink": "#f78da7",
    "vivid-red": "#cf2e2e", "luminous-vivid-orange": "#ff6900", "luminous-vivid-amber": "#fcb900",
    "light-green-cyan": "#7bdcb5", "vivid-green-cyan": "#00d084", "pale-cyan-blue": "#8ed1fc",
    "vivid-cyan-blue": "#0693e3", "vivid-purple": "#9b51e0",
}  # fmt: skip
_BACKGROUND_CLASSES.update(
    {
        name.replace("highlight-", "block-color-"): colour
        for name, colour in _BACKGROUND_CLASSES.items()
        if name.startswith("highlight-")
    }
)
_TEXT_CLASSES.update({f"has-{name}-color": colour for name, colour in _WORDPRESS.items()})
_BACKGROUND_CLASSES.update({f"has-{name}-background-color": colour for name, colour in _WORDPRESS.items()})
NAMED_COLOUR: Final = re.compile(
    r"(?<!\S)has-(?!(?:text|background|inline|link|border)-color)[\w-]+?-(background-)?color(?!\S)"
)
"""A class of WordPress that names a colour, of a theme's palette maybe."""
COLOUR_CLASS: Final = re.compile(r"marker|pen-|highlight|ql-(?:bg|color)-|block-color-|wysiwyg-color-|has-[\w-]+-color")
"""Finds in lower-case classes what may be one of these."""


def named_background(element: Element) -> str | None:
    """The background that an attribute gives, by the editor's name or as CSS writes it; None when none does."""
    name = element.get("data-background-color")
    if not name and element.get("data-style-type") == "backgroundColor":
        name = element.get("data-value")
    return _BLOCK_COLOURS[name][1] if name in _BLOCK_COLOURS else hex_colour(name)


def named_colour(element: Element) -> str | None:
    """The colour of text that an attribute gives, by the editor's name or as CSS writes it; None when none does."""
    name = element.get("data-text-color")
    if not name and element.get("data-style-type") == "textColor":
        name = element.get("data-value")
    return _BLOCK_COLOURS[name][0] if name in _BLOCK_COLOURS else text_colour(name)


@remembering
def class_colours(written: str) -> tuple[str | None, str | None]:
    """The colours that classes give to text: of the text itself, and of its background."""
    if COLOUR_CLASS.search(written) is None:
        return None, None
    words = written.lower().split()
    text = next((_TEXT_CLASSES[word] for word in words if word in _TEXT_CLASSES), None)
    background = next((_BACKGROUND_CLASSES[word] for word in words if word in _BACKGROUND_CLASSES), None)
    return text, background

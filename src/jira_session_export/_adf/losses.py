"""What a conversion could not carry over, written down."""

from dataclasses import dataclass
from enum import StrEnum

MAX_LOSSES = 1000
"""Losses kept per document; what is beyond is counted in one last entry of kind `MORE`."""

_EXCERPT_LENGTH = 500


class LossKind(StrEnum):
    """What sort of thing was lost."""

    LINK_REMOVED = "link_removed"
    """A link's address is of a scheme that is not allowed, or relative to an unknown base; its text stays."""
    SCRIPT_REMOVED = "script_removed"
    EMBED_REMOVED = "embed_removed"
    """A frame or player that became a link, or a form control: its text stays."""
    IMAGE_REMOVED = "image_removed"
    """An image without an address, or one left out by choice."""
    MEDIA_REMOVED = "media_removed"
    """A drawing, or a frame or player without an address on the web: nothing of it is left but its text."""
    TEXT_REMOVED = "text_removed"
    """Text that is not shown where it comes from (hidden, a template), or that a rule left out."""
    CONTENT_REMOVED = "content_removed"
    """What an element says that shows nothing by itself, and that nothing reads, such as a macro."""
    DETAIL_REMOVED = "detail_removed"
    """What an element says in addition to what it shows: a tooltip, where a quote is from, the name of a file."""
    FORMATTING_DROPPED = "formatting_dropped"
    """A mark that cannot be combined with another, or that this place does not allow."""
    STRUCTURE_CHANGED = "structure_changed"
    """A block that may not stand where it stood: unwrapped, split, moved out or shown as something else."""
    NESTING_FLATTENED = "nesting_flattened"
    """Blocks nested deeper than the builder's limit."""
    VALUE_CLAMPED = "value_clamped"
    """A number outside of what is allowed."""
    CHARACTERS_REPLACED = "characters_replaced"
    """NULs or lone surrogates, which JSON over HTTP cannot carry."""
    MARKER_REMOVED = "marker_removed"
    """A list marker written as text (Word does), now given by the list itself."""
    NODE_REFUSED = "node_refused"
    """A rule asked for a node or mark that ADF does not know, or without what it needs."""
    SHORTENED = "shortened"
    """The document was cut to Jira's limit; `Conversion.full_text` has all of it."""
    MORE = "more"
    """Further losses than are listed."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that could not be carried over as it was.

    Attributes:
        path: where in the source, for example `body > ul > li[2] > a`; empty for the document as a whole.
        excerpt: what it was, at most five hundred characters of the source.
        detail: what was done instead, in plain words.
    """

    kind: LossKind
    path: str
    excerpt: str
    detail: str


def excerpt_of(text: str) -> str:
    """The beginning of the text on one line."""
    line = " ".join(text[: 2 * _EXCERPT_LENGTH].split())
    return line if len(line) <= _EXCERPT_LENGTH and len(text) <= 2 * _EXCERPT_LENGTH else f"{line[:_EXCERPT_LENGTH]}…"


@dataclass(frozen=True, slots=True)
class UnplacedLoss:
    """A loss while the conversion runs; `element` counts the source's start tags up to it, 0 means the document."""

    kind: LossKind
    element: int
    excerpt: str
    detail: str

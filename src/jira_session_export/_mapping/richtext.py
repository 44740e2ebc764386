"""What an ADF document holds: whether anybody sees something in it, and how long it is. Nothing here recurses."""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_SEEN = frozenset(
    {
        "blockCard",
        "bodiedExtension",
        "bodiedSyncBlock",
        "date",
        "embedCard",
        "emoji",
        "extension",
        "inlineCard",
        "inlineExtension",
        "media",
        "mediaInline",
        "mention",
        "multiBodiedExtension",
        "status",
        "syncBlock",
    }
)
"""Nodes a reader sees although they hold no text node."""
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Unicode categories of characters nobody sees: control and format characters, white space."""
_END = object()


def is_document(value: Any) -> bool:
    """Whether the value is an ADF document."""
    return isinstance(value, Mapping) and value.get("type") == "doc"


def shows_text(document: Mapping[str, Any]) -> bool:
    """Whether the document holds a visible character: `<p>&nbsp;</p>` does not."""
    for node in _nodes(document):
        for text in _texts_of(node):
            if _is_visible(text):
                return True
    return False


def shows_anything(document: Mapping[str, Any]) -> bool:
    """Whether the document holds visible text, or a node that is seen without one: a file, a card, a mention.

    Empty paragraphs, tables without text, rules and line breaks show nothing: Jira would store them, and they would
    take the place of the field's default text.
    """
    return any(node.get("type") in _SEEN for node in _nodes(document)) or shows_text(document)


def texts(document: Mapping[str, Any]) -> Iterator[str]:
    """The texts of the document, in order: its text nodes and the titles of its expands."""
    for node in _nodes(document):
        yield from _texts_of(node)


def text_length(document: Mapping[str, Any]) -> int:
    """Characters in the document's text nodes."""
    return sum(len(node["text"]) for node in _nodes(document) if isinstance(node.get("text"), str))


def size(document: Mapping[str, Any]) -> int:
    """Bytes of the document as JSON."""
    return len(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass"))


def _texts_of(node: Mapping[str, Any]) -> Sequence[str]:
    text, attrs = node.get("text"), node.get("attrs")
    found = (text,) if isinstance(text, str) else ()
    if attrs is not None and isinstance(attrs, (dict, Mapping)) and isinstance(title := attrs.get("title"), str):
        return (*found, title)
    return found


def _is_visible(text: str) -> bool:
    # Letters and digits are looked for first: nearly every text begins with one.
    return text[:1].isalnum() or any(unicodedata.category(character) not in _INVISIBLE for character in text)


def _nodes(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every node, in document order."""
    waiting: list[Iterator[Any]] = [iter([document])]
    while waiting:
        node = next(waiting[-1], _END)
        if node is _END:
            waiting.pop()
        elif isinstance(node, (dict, Mapping)):  # a dict is told from others much sooner
            yield node
            content: Iterable[Any] | None = node.get("content")
            if isinstance(content, (list, tuple)):
                waiting.append(iter(content))

"""What the fake needs to know about ADF besides whether it is valid."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class RichText:
    """A stored document, kept as text: ten thousand descriptions as objects would fill the memory."""

    source: str

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """Store a document."""
        return cls(json.dumps(document, ensure_ascii=False, separators=(",", ":")))

    @property
    def document(self) -> dict[str, Any]:
        """The document, new each time."""
        document: dict[str, Any] = json.loads(self.source)
        return document


@dataclass(slots=True)
class Contents:
    """What a document holds.

    Attributes:
        text_length: characters in its text nodes; how Jira's limit counts is not documented, and this is the reading
            that asks least of a caller.
        media_ids: ids of the files its media nodes show.
    """

    text_length: int = 0
    media_ids: list[str] = field(default_factory=list)


def contents(document: dict[str, Any]) -> Contents:
    """Walk a valid document."""
    found = Contents()
    pending: list[dict[str, Any]] = [document]
    while pending:
        node = pending.pop()
        kind = node["type"]
        if kind == "text":
            found.text_length += len(node["text"])
        elif kind in {"media", "mediaInline"}:
            attributes = node["attrs"]
            if attributes.get("type") != "external":
                found.media_ids.append(attributes["id"])
        pending.extend(node.get("content", ()))
    return found


def text_of(document: dict[str, Any]) -> str:
    """The text of a valid document, in order, with a space between its text nodes."""
    found: list[str] = []
    pending: list[dict[str, Any]] = [document]
    while pending:
        node = pending.pop()
        if node["type"] == "text":
            found.append(node["text"])
        pending.extend(reversed(node.get("content", ())))
    return " ".join(found)


def without_empty_text(document: dict[str, Any]) -> dict[str, Any]:
    """The same document (changed in place) without text nodes that hold no text."""
    pending: list[Any] = [document]
    while pending:
        node = pending.pop()
        content = node.get("content") if isinstance(node, dict) else None
        if isinstance(content, list):
            node["content"] = [child for child in content if not _is_empty_text(child)]
            pending.extend(node["content"])
    return document


def document_of(text: str) -> dict[str, Any]:
    """ADF that shows plain text, in which empty lines part paragraphs: what REST version 2 takes a description as."""
    paragraphs = [part for part in re.split(r"\n\s*\n", "\n".join(text.splitlines())) if part.strip()]
    return {"type": "doc", "version": 1, "content": [_paragraph(part.strip("\n").split("\n")) for part in paragraphs]}


def _paragraph(lines: list[str]) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for line in lines:
        if content:
            content.append({"type": "hardBreak"})
        if line:
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}


def _is_empty_text(node: Any) -> bool:
    return isinstance(node, dict) and node.get("type") == "text" and node.get("text") == ""

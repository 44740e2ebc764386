"""What a document says, read without any of the code under test."""

from typing import Any


def text_of(document: Any) -> str:
    """The text of a document in order: text, mentions, emoji, statuses, titles of expands."""
    pieces: list[str] = []
    waiting = [document]
    while waiting:
        node = waiting.pop()
        attrs = node.get("attrs", {})
        match node["type"]:
            case "text":
                pieces.append(node["text"])
            case "hardBreak" | "paragraph" | "tableCell":
                pieces.append("\n")
            case "mention" | "status":
                pieces.append(attrs.get("text", ""))
            case "emoji":
                pieces.append(attrs.get("text", attrs["shortName"]))
            case "expand" | "nestedExpand":
                pieces.append(attrs.get("title", ""))
        waiting.extend(reversed(node.get("content", [])))
    return "".join(pieces)

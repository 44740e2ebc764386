"""Jira's limit on the length of a rich-text field, and how a document is cut to it.

Jira refuses a description of more than 32,767 characters (`CONTENT_LIMIT_EXCEEDED`) and does not say what it counts. We
count what a reader sees as text: text nodes, mentions, emoji, statuses and titles, in UTF-16 code units as Java does,
and a line feed between two blocks and for each break. Should Jira count otherwise and refuse all the same, the export
cuts further.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jira_session_export._adf.losses import excerpt_of
from jira_session_export._adf.plaintext import adf_to_text
from jira_session_export._limits import utf16_length

Node = dict[str, Any]

_NOTE = (
    "This text was too long for Jira and ends here. The whole of it is among the attachments, or in the ticket it came "
    "from."
)


@dataclass(frozen=True, slots=True)
class Cut:
    """What was cut off a document.

    Attributes:
        full_text: the text of the whole document.
        excerpt: how the part that is missing begins.
        detail: how much it is, in words.
    """

    full_text: str
    excerpt: str
    detail: str


def text_length(document: Node) -> int:
    """The characters a document, or a part of one, counts for; see the module."""
    lines = 0
    texts = []
    for node in _nodes(document):
        if text := _own_text(node):
            texts.append(text)
        elif node["type"] in _LINES:
            lines += 1
    return utf16_length("".join(texts)) + max(lines - 1, 0)


def _own_text(node: Node) -> str:
    if node["type"] == "text":
        return str(node["text"])
    attrs = node.get("attrs")
    return "".join(str(attrs[name]) for name in ("text", "title") if name in attrs) if attrs else ""


_LINES = frozenset({"paragraph", "heading", "codeBlock", "taskItem", "decisionItem", "caption", "hardBreak"})


def _nodes(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if content := node.get("content"):
            waiting.extend(reversed(content))


_DIVISIBLE = frozenset(
    {
        "doc",
        "bulletList",
        "orderedList",
        "listItem",
        "taskList",
        "decisionList",
        "table",
        "panel",
        "blockquote",
        "expand",
    }
)  # What may lose its last children and still be whole.
_TEXT_BLOCKS = frozenset({"paragraph", "heading", "codeBlock"})


def shorten_document(document: Node, max_text_length: int) -> tuple[Node, Cut | None]:
    """The document cut to the limit, with a visible note at its end; the document itself, and None, when it fits.

    It is cut between blocks, also between list items and table rows. Only when that would leave less than half of what
    fits is a block of text cut, between words.

    Args:
        max_text_length: counted as `text_length` counts.
    """
    total = text_length(document)
    if total <= max_text_length:
        return document, None
    note = _note()
    root = dict(document)
    budget = max_text_length - text_length(note) - 1
    missing = _keep_what_fits(root, budget)
    kept = text_length(root)
    if max_text_length >= text_length(note) + kept:
        root["content"].append(note)
    if not root["content"]:
        root["content"].append({"type": "paragraph", "content": []})
    detail = f"{total:,} characters were cut to {kept:,}; Jira takes {max_text_length:,}"
    return root, Cut(adf_to_text(document), excerpt_of(missing), detail)


def _note() -> Node:
    text = {"type": "text", "text": _NOTE}
    return {"type": "panel", "attrs": {"panelType": "warning"}, "content": [{"type": "paragraph", "content": [text]}]}


def _keep_what_fits(root: Node, budget: int) -> str:
    """Cut the content of `root`, whose own dict may be changed; gives the text that comes first in what is missing."""
    path = [root]
    limit = budget
    first_missing: Node | None = None
    while True:
        source = path[-1]["content"]
        kept: list[Node] = []
        path[-1]["content"] = kept
        first_missing = None
        for child in source:
            length = text_length(child)
            if length > budget:
                first_missing = child
                break
            kept.append(child)
            budget -= length + 1  # The line feed to the next block.
        if first_missing is None or budget <= 0:
            break
        if first_missing["type"] in _DIVISIBLE:
            path.append(dict(first_missing))
            kept.append(path[-1])
            continue
        if first_missing["type"] in _TEXT_BLOCKS and budget > limit // 2:
            kept.append(_cut_text(first_missing, budget))
        break
    for parent, child in zip(reversed(path[:-1]), reversed(path[1:]), strict=True):
        if not child["content"]:
            parent["content"].pop()
    return "" if first_missing is None else "".join(_own_text(node) for node in _nodes(first_missing))


def _cut_text(block: Node, budget: int) -> Node:
    """The block with as much text as fits before an ellipsis."""
    kept: list[Node] = []
    for node in block["content"]:
        length = utf16_length(_own_text(node)) + (node["type"] == "hardBreak")
        if length > budget:
            if node["type"] == "text" and budget > 1:
                whole = node["text"].encode("utf-16-le")[: 2 * (budget - 1)].decode("utf-16-le", "ignore")
                text = (whole.rpartition(" ")[0] or whole).rstrip()
                kept.append({**node, "text": f"{text}…"})
            break
        kept.append(node)
        budget -= length
    return {**block, "content": kept}

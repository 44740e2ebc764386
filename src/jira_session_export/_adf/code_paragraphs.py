"""Paragraphs that are the lines of one block of code, put together when the document is complete."""

from typing import Any, Final

from jira_session_export._adf.whitespace import CODE_BEGINS, CODE_ENDS

Node = dict[str, Any]


def join_code(document: Node, *, fonts: bool) -> None:
    """Make code blocks, in place, of what stands between Google Docs' markers, and of paragraphs in code's font.

    Args:
        document: the whole.
        fonts: whether two and more paragraphs that are code from end to end are one block.
    """
    waiting = [document]
    while waiting:
        node = waiting.pop()
        content = node.get("content")
        if not content or node["type"] in {"paragraph", "heading", "codeBlock"}:
            continue
        if any(child["type"] == "paragraph" for child in content):
            content[:] = _joined(_between_markers(content), fonts=fonts and node["type"] in _HOLDERS)
        waiting += content


_HOLDERS: Final = frozenset({"doc", "blockquote", "panel", "expand", "nestedExpand", "tableCell", "listItem"})


def _text(node: Node) -> str:
    return "".join(child.get("text", "\n" if child["type"] == "hardBreak" else "") for child in node.get("content", ()))


def _between_markers(content: list[Node]) -> list[Node]:
    done: list[Node] = []
    lines: list[str] | None = None
    ends = _ends(content)
    for position, node in enumerate(content):
        text = _text(node) if node["type"] == "paragraph" else ""
        if lines is None and text.startswith(CODE_BEGINS) and ends[position]:
            lines, text = [], text[1:]
            if not text:
                continue  # The marker has a line of its own.
        if lines is None:
            done.append(node)
            continue
        before, end, _ = text.partition(CODE_ENDS)
        if before or not end:
            lines.append(before)
        if end:
            done.append(_code(lines))
            lines = None
    return done


def _ends(content: list[Node]) -> list[bool]:
    """For each block, whether the end marker comes, from there on, before anything that is no paragraph."""
    ends = [False] * len(content)
    comes = False
    for position in range(len(content) - 1, -1, -1):
        node = content[position]
        comes = node["type"] == "paragraph" and (comes or CODE_ENDS in _text(node))
        ends[position] = comes
    return ends


def _joined(content: list[Node], *, fonts: bool) -> list[Node]:
    if not fonts:
        return content
    done: list[Node] = []
    run: list[Node] = []
    for node in [*content, None]:
        if node is not None and (_is_code(node) or (run and _is_gap(node))):
            run.append(node)
            continue
        done += _block_of(run)
        run = []
        if node is not None:
            done.append(node)
    return done


def _block_of(run: list[Node]) -> list[Node]:
    gaps: list[Node] = []
    while run and _is_gap(run[-1]):
        gaps.append(run.pop())
    lines = sum(_text(node).count("\n") + 1 for node in run)
    return [*([_code([_text(node) for node in run])] if lines > 1 else run), *reversed(gaps)]


def _is_gap(node: Node) -> bool:
    return node["type"] == "paragraph" and not _text(node).strip("\xa0 ")


def _is_code(node: Node) -> bool:
    if node["type"] != "paragraph" or not node.get("content"):
        return False
    texts = [child for child in node["content"] if child["type"] != "hardBreak"]
    return bool(texts) and all(
        child["type"] == "text" and any(mark["type"] == "code" for mark in child.get("marks", ())) for child in texts
    )


def _code(lines: list[str]) -> Node:
    text = "\n".join("" if not line.strip("\xa0 ") else line for line in lines).replace("\xa0", " ")
    return {"type": "codeBlock", "content": [{"type": "text", "text": text}]} if text.strip() else {"type": "codeBlock"}

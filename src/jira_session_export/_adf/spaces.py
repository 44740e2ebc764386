"""Texts in which every space is a no-break space, as some editors export them: they would never wrap in Jira."""

import re
from typing import Any, Final

Node = dict[str, Any]

_JOINED: Final = re.compile(r"\S\xa0(?=\S)|\S\xa0\Z|\A\xa0\S")
_SINGLE: Final = re.compile(r"(?<!\s)\xa0(?!\s)")


def release_spaces(document: Node) -> None:
    """Make no-break spaces between words plain ones, in place, when the document has no other spaces.

    One author may want a number and its unit on one line, but nobody wants that of all words. Code is left alone.
    """
    texts: list[Node] = []
    joined = 0
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if node["type"] == "text":
            if " " in node["text"]:
                return
            if "\xa0" in node["text"]:
                texts.append(node)
                joined += len(_JOINED.findall(node["text"]))
        elif node["type"] != "codeBlock":
            waiting += node.get("content", ())
    if joined < 2:
        return
    for node in texts:
        if node["text"].strip("\xa0"):
            node["text"] = _SINGLE.sub(" ", node["text"])

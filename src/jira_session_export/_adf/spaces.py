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
    texts: list[tuple[Node, bool, bool]] = []
    joined = 0
    waiting = [document]
    while waiting:
        content = waiting.pop().get("content", ())
        for place, node in enumerate(content):
            if node["type"] == "text":
                if " " in node["text"]:
                    return
                if "\xa0" in node["text"]:
                    goes_on = place + 1 < len(content) and content[place + 1]["type"] == "text"
                    texts.append((node, place > 0 and content[place - 1]["type"] == "text", goes_on))
                    joined += len(_JOINED.findall(node["text"]))
            elif node["type"] != "codeBlock":
                waiting.append(node)
    if joined < 2:
        return
    for node, follows_text, goes_on in texts:
        text: str = node["text"]
        # At the edge of a line a plain space would be none: what is shown would change when it is read again.
        start = 0 if follows_text else len(text) - len(text.lstrip())
        end = len(text) if goes_on else len(text.rstrip())
        if start < end and text.strip("\xa0"):
            node["text"] = text[:start] + _SINGLE.sub(" ", text[start:end]) + text[end:]

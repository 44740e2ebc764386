"""A BeautifulSoup tree, walked without recursion."""

from typing import TYPE_CHECKING

import bs4
from bs4.element import CData, NavigableString, PageElement, PreformattedString, Tag

if TYPE_CHECKING:
    from jira_session_export._adf.sources import Sink


def read_tag(root: Tag, sink: "Sink") -> None:
    """Tell the sink what is in a tag: the tag itself, unless it is a whole soup, and everything below it."""
    start, end, characters = sink.start_element, sink.end_element, sink.characters
    outermost: list[PageElement] = root.contents if isinstance(root, bs4.BeautifulSoup) else [root]
    stack = [iter(outermost)]
    names: list[str] = []
    while stack:
        for node in stack[-1]:
            if isinstance(node, Tag):
                name = node.name.lower()
                start(name, tuple((key.lower(), _text_of(value)) for key, value in node.attrs.items()))
                names.append(name)
                stack.append(iter(node.contents))
                break
            if isinstance(node, NavigableString) and (
                not isinstance(node, PreformattedString) or isinstance(node, CData)
            ):
                characters(_encodable(str(node)))
        else:
            stack.pop()
            if names:
                end(names.pop())


def _text_of(value: object) -> str:
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return _encodable(text)


def _encodable(text: str) -> str:
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")

"""Task lists: items that begin with a box.

markdown-it-py has an option for them, but a list of its own would not tell whether all items are tasks.
"""

import re
from typing import Final

from markdown_it.token import Token

_BOX: Final = re.compile(r"\[([ xX])\](?:\s+|\Z)")


def find_tasks(tokens: list[Token]) -> None:
    """Give lists and items what they are: `meta["tasks"]`, `meta["done"]`; boxes leave the text."""
    open_lists: list[tuple[Token, list[bool]]] = []
    for position, token in enumerate(tokens):
        kind = token.type
        if kind == "list_item_open":
            if open_lists:
                open_lists[-1][1].append(_take_box(token, *tokens[position + 1 : position + 3]))
        elif kind in {"bullet_list_open", "ordered_list_open"}:
            open_lists.append((token, []))
        elif kind in {"bullet_list_close", "ordered_list_close"}:
            opening, are_tasks = open_lists.pop()
            opening.meta = {"tasks": all(are_tasks)}


def _take_box(item: Token, paragraph: Token, line: Token) -> bool:
    """Whether the item begins with a box, which is then taken out of its text."""
    if paragraph.type != "paragraph_open" or not line.children:
        return False
    text = line.children[0]
    box = _BOX.match(text.content) if text.type == "text" else None
    if box is None or (box.end() == len(text.content) and len(line.children) == 1):
        return False
    item.meta = {"done": box[1] != " "}
    text.content = text.content[box.end() :]
    return True

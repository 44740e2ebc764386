"""Lists that a program writes one item at a time, with the depth in an attribute or a class: they are one list.

Word for the web, Notion and Dropbox Paper begin a list for each item; Slack and Google Docs export one for each change
of depth.
"""

import re
from typing import Final

from jira_session_export._adf.element import Element
from jira_session_export._adf.memory import remembering
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule

_CLASS: Final = re.compile(
    r"(?<!\S)(?:lst-[\w-]*?-(?P<depth>\d)|p-rich_text_list(?:__\w+)?|(?:bullet|number)liststyle\d+"
    r"|(?:bulleted|numbered|to-do)-list|list-(?:bullet|number|task|taskdone)[1-9]|listindent[1-9])(?!\S)"
)
_BEGINS: Final = re.compile(r"(?<!\S)start(?!\S)")
_DEEPEST: Final = 9
_LEVEL: Final = re.compile(r"(?<!\S)(?:list-(?:bullet|number|task|taskdone)|listindent)([1-9])(?!\S)")
_OF_TASKS: Final = re.compile(r"(?<!\S)(?:to-do-list|list-task(?:done)?[1-9])(?!\S)")
_OF_DONE_TASKS: Final = re.compile(r"(?<!\S)list-taskdone[1-9](?!\S)")
_LARGEST: Final = 2**31 - 1


def _item_list(element: Element, out: Output) -> Outcome:
    """A `<ul>` or `<ol>` that is only a part of a list; the whole is put together again."""
    classes = element.get("class").lower()
    depth = _depth_in(classes)
    if depth is None and "data-stringify-type" not in element.attrs:
        return None
    if out.parent_type == "taskItem":
        return None
    given = element.get("data-indent")
    if given.isascii() and given.isdigit():
        depth = int(given[:3])
    list_type = "orderedList" if element.tag == "ol" else "bulletList"
    if _OF_TASKS.search(classes):
        list_type = "taskList"
    closing = out.flat_list(list_type, min(depth or 0, _DEEPEST - 1) + 1, _order(element, classes), goes_on=True)
    if _OF_DONE_TASKS.search(classes):
        out.state_of_items("DONE")
    return closing


@remembering
def _depth_in(classes: str) -> int | None:
    found = _CLASS.search(classes)
    if found is None:
        return None
    level = _LEVEL.search(classes)
    return int(level[1]) - 1 if level else int(found["depth"] or 0)


def _order(element: Element, classes: str) -> int | None:
    """The number that the list begins with, when it says so."""
    given = element.get("start").strip()
    if given.isascii() and given.isdigit():
        return min(int(given[:11]), _LARGEST)
    if element.tag == "ol" and _BEGINS.search(classes):
        return 1
    return None


ITEM_LIST_RULES = (
    Rule(
        "item-list",
        _item_list,
        frozenset({"ul", "ol"}),
        frozenset({"class", "data-stringify-type"}),
        mentions=_CLASS,
    ),
)

"""`<pre>` that holds no code: plain text mails and comments whose line ends are kept."""

import re
from typing import Final

from jira_session_export._adf.builder import LINE
from jira_session_export._adf.element import Element
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule

_CLASS: Final = re.compile(
    r"(?<!\S)(?:x_)*(?:moz-quote-pre|moz-signature|bz_comment_text|moz-text-plain|mail-body)(?!\S)"
)


def _plain_text(element: Element, out: Output) -> Outcome:
    if out.is_collecting:
        return None
    if "wrap" not in element.attrs and _CLASS.search(element.get("class").lower()) is None:
        return None
    out.end_line()
    return (LINE, out.preserve_white_space(preserve=True))


PLAIN_MAIL_RULES = (Rule("plain-mail", _plain_text, frozenset({"pre"}), frozenset({"class", "wrap"})),)

"""Emoji that are pictures: they stay in their line, and are no images to attach."""

import re
from typing import Final

from jira_session_export._adf.builder import DONE
from jira_session_export._adf.element import Element
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule

_CLASS: Final = re.compile(
    r"(?<!\S)(?:[\w-]*[-_])?(?:emoji|emoticon|twemoji|emojione|joypixels|smiley|smilie|wp-smiley|emojis?__\w+)"
    r"(?:[-_][\w-]+)?(?!\S)"
)
_ATTRIBUTES: Final = frozenset({
    "data-emoji", "data-emoji-shortname", "data-emoji-short-name", "data-emoji-id", "data-emoji-fallback",
    "data-shortname", "data-stringify-emoji", "data-emoji-name", "data-emoji-unicode", "data-emoji-text",
    "data-emoticon",
})  # fmt: skip
_PICTOGRAPHS: Final = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935\u2b00-\u2bff\u3030"
    "\u303d\u3297\u3299\U0001f000-\U0001faff\u200d\ufe0f\u20e3#*0-9\U000e0020-\U000e007f]{1,20}"
)
_PLAIN: Final = re.compile("[#*0-9]+")
_SHORT_NAME: Final = re.compile(r":?([\w+-]{1,60}):?")
# What Jira and Confluence call the pictures they had before there were emoji, as class or file name → as Jira does now.
_EMOTICONS: Final = {
    "tick": "check_mark", "check": "check_mark", "cross": "cross_mark", "error": "cross_mark", "add": "plus",
    "forbidden": "minus", "information": "info", "help_16": "question_mark", "question": "question_mark",
    "lightbulb_on": "light_bulb_on", "lightbulb": "light_bulb_off", "light-on": "light_bulb_on",
    "light-off": "light_bulb_off", "star_yellow": "yellow_star", "star_red": "red_star", "star_green": "green_star",
    "star_blue": "blue_star", "yellow-star": "yellow_star", "red-star": "red_star", "green-star": "green_star",
    "blue-star": "blue_star", "thumbs_up": "thumbsup", "thumbs-up": "thumbsup", "thumbs_down": "thumbsdown",
    "thumbs-down": "thumbsdown", "heart": "heart", "broken_heart": "broken_heart", "broken-heart": "broken_heart",
    "sad": "slight_frown", "smile": "slight_smile", "biggrin": "smiley", "laugh": "smiley", "wink": "wink",
    "tongue": "stuck_out_tongue", "cheeky": "stuck_out_tongue", "warning": "warning", "plus": "plus", "minus": "minus",
}  # fmt: skip
_FILE: Final = re.compile(r"([\w-]{1,60})\.(?:png|gif|svg|webp)(?:[?#].*)?", re.IGNORECASE)


def is_pictograph(text: str) -> bool:
    """Whether a text is an emoji, or a few of them."""
    return _PICTOGRAPHS.fullmatch(text) is not None and _PLAIN.fullmatch(text) is None


def _picture(element: Element, out: Output) -> Outcome:
    """An `<img>` that stands for an emoji: by its class or attributes, or because its text is nothing else."""
    alt = element.get("alt").strip()
    classes = element.get("class").lower()
    known = not _ATTRIBUTES.isdisjoint(element.attrs) or _CLASS.search(classes) is not None
    if not known and not is_pictograph(alt):
        return None
    if out.in_emoji:
        return DONE
    character = _character(element, alt)
    name = _short_name(element, alt)
    if not name and not character:
        name = _emoticon(classes, element.get("src"), known=bool(alt))
    if name:
        attrs = {"shortName": f":{name}:", "id": element.get("data-emoji-id"), "text": character}
        out.inline("emoji", {key: value for key, value in attrs.items() if value})
    elif character or alt:
        out.text(character or alt)
    return DONE if name or character or alt else None


def _character(element: Element, alt: str) -> str:
    given = (element.get(name).strip() for name in ("data-emoji-fallback", "data-emoji", "data-emoji-unicode"))
    return next((text for text in (*given, alt) if text and is_pictograph(text)), "")


def _short_name(element: Element, alt: str) -> str:
    given = (
        *(element.get(name) for name in ("data-emoji-shortname", "data-emoji-short-name", "data-shortname")),
        *(element.get(name) for name in ("data-stringify-emoji", "data-emoji-name", "data-emoticon")),
        *(text for text in (alt, element.get("title"), element.get("aria-label")) if text[:1] == text[-1:] == ":"),
    )
    found = next((match for text in given if text and (match := _SHORT_NAME.fullmatch(text.strip()))), None)
    return found[1] if found else ""


def emoticon_name(old: str) -> str:
    """What Jira calls an emoji that was a picture of Confluence's, by the name it had; empty when it was none."""
    return _EMOTICONS.get(old.lower(), "")


def _emoticon(classes: str, source: str, *, known: bool) -> str:
    """The name that a class or the file gives; when there are words for it, only that of Atlassian's old pictures."""
    names = [word.removeprefix("emoticon-") for word in classes.split() if word.startswith("emoticon-")]
    if file := _FILE.fullmatch(source.partition("?")[0].rsplit("/", 1)[-1]):
        names.append(file[1].lower())
    return next((_EMOTICONS.get(name, "" if known else name) for name in names), "")


def _inside(element: Element, out: Output) -> Outcome:
    """A picture within an emoji is the emoji once more."""
    return DONE if out.in_emoji else None


def _named(element: Element, out: Output) -> Outcome:
    """A `<span>` that a style sheet draws an emoji on: its text, title or attributes name it."""
    if out.is_collecting:
        return None
    classes = element.get("class").lower()
    name = _short_name(element, element.get("alt"))
    code = _CODE_POINTS.search(classes)
    character = "".join(chr(int(part, 16)) for part in code[1].split("-")) if code else ""
    drawn = _DRAWN_FILE.search(element.get("style").lower())
    if drawn and not character:
        character = "".join(chr(int(part, 16)) for part in drawn[1].split("-"))
    named = _NAME_CLASS.search(classes)
    element.get("title")

    def show(text: str) -> None:
        written = _SHORT_NAME.fullmatch(text) if text[:1] == text[-1:] == ":" else None
        shown = character if is_pictograph(character) else text if is_pictograph(text) else ""
        short = written[1] if written else name
        if short and (written or not text or shown == text):
            attrs = {"shortName": f":{short}:", "text": shown}
            out.inline("emoji", {key: value for key, value in attrs.items() if value})
        elif text.strip():
            out.text(text)
        elif shown := character if is_pictograph(character) else "":
            out.text(shown)
        elif named:
            out.inline("emoji", {"shortName": f":{named[1]}:"})

    return out.capture(show)


_CODE_POINTS: Final = re.compile(r"(?<!\S)emoji-((?:[0-9a-f]{4,5}-){0,8}[0-9a-f]{4,5})(?!\S)")
_SPAN_CLASS: Final = re.compile(
    r"(?<!\S)(?:emoji|emoticon|emoji-outer|animated-emoticon[\w-]*|fr-emoticon|twemoji|em|twa|ap)(?!\S)"
)
_NAME_CLASS: Final = re.compile(r"(?<!\S)(?:emoji|em|twa|ap)-([a-z][a-z0-9_+-]{1,50})(?!\S)")
"""Style sheets that draw emoji on an empty element: emoji.css, twemoji-amazing and their like."""
_DRAWN_FILE: Final = re.compile(
    r"background[^;]{0,20}:[^;]{0,20}url\([^()]{0,300}/((?:[0-9a-f]{4,5}-){0,8}[0-9a-f]{4,5})\.(?:svg|png|gif|webp)"
)
"""The picture of an emoji by its code points, as Froala sets it behind a space."""

EMOJI_RULES = (
    Rule("emoji-in-emoji", _inside, frozenset({"img"})),
    Rule("emoji-picture", _picture, frozenset({"img"}), _ATTRIBUTES | {"class", "alt"}),
)

NAMED_EMOJI_RULES = (
    Rule(
        "named-emoji",
        _named,
        frozenset({"span", "gl-emoji", "i"}),
        frozenset({"class", "data-emoticon", "data-emoji-name"}),
        mentions=_SPAN_CLASS,
    ),
)
"""Asked after Atlassian's own."""

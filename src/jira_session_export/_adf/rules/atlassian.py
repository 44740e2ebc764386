"""Inline things with a meaning: mentions, emoji, statuses, dates."""

import re
from datetime import UTC, date, datetime

from jira_session_export._adf.builder import DONE
from jira_session_export._adf.element import Element
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule
from jira_session_export._adf.whitespace import one_line

_STATUS_COLOURS = {
    "neutral": "neutral", "grey": "neutral", "gray": "neutral", "default": "neutral",
    "current": "yellow", "moved": "yellow", "purple": "purple", "new": "purple", "blue": "blue", "inprogress": "blue",
    "complete": "blue",
    "red": "red", "removed": "red",
    "error": "red", "yellow": "yellow", "green": "green", "success": "green",
}  # fmt: skip
_EVERYBODY = frozenset({"all", "here"})
_HEX = re.compile("#[0-9a-fA-F]{6}")


def _kind(element: Element) -> str:
    return (element.get("data-type") or element.get("data-node-type")).lower()


def _mention(element: Element, out: Output) -> Outcome:
    account = element.get("data-mention-id") or (element.get("data-id") if _kind(element) == "mention" else "")
    if not account:
        account = element.get("data-account-id")
    if not account:
        return None
    user_type = element.get("data-user-type") or ("SPECIAL" if account in _EVERYBODY else "")
    extra = {"accessLevel": element.get("data-access-level"), "userType": user_type}
    given = {name: value for name, value in extra.items() if value}

    def mention(name: str) -> None:
        text = name or element.get("data-label")
        out.inline("mention", {"id": account, **({"text": text} if text else {}), **given})

    return out.capture(mention)


def _emoji(element: Element, out: Output) -> Outcome:
    name = element.get("data-emoji-short-name") or element.get("data-shortname") or element.get("data-emoji-shortname")
    if not name and _kind(element) == "emoji":
        name = element.get("data-name") or element.get("data-emoji-text") or element.get("alias")
    if not name and element.tag in {"g-emoji", "gl-emoji"}:
        element.get("title")  # The name in words.
        name = element.get("alias") or element.get("data-name")
    if not name:
        return None
    short = name if name.startswith(":") else f":{name}:"
    given = {"id": element.get("data-emoji-id"), "text": element.get("data-emoji-text") or element.get("alt")}

    def emoji(shown: str) -> None:
        text = given["text"] or (shown if shown != short else "")
        attrs = {"shortName": short, "id": given["id"], "text": text}
        out.inline("emoji", {name: value for name, value in attrs.items() if value})

    if element.tag == "img":
        emoji("")
        return DONE
    before, out.in_emoji = out.in_emoji, True

    def restore() -> None:
        out.in_emoji = before

    return (restore, out.capture(emoji))


def _status(element: Element, out: Output) -> Outcome:
    if _kind(element) != "status" and not element.classes & {
        "status-macro",
        "aui-lozenge",
        "lozenge",
        "adf-status",
        "status-lozenge",
    }:
        return None
    words = element.get("data-color") or next(
        (word for name in element.classes for word in name.split("-")[-1:] if word in _STATUS_COLOURS), "neutral"
    )
    colour = words if _HEX.fullmatch(words) else _STATUS_COLOURS.get(words.lower(), "neutral")
    style = {"style": element.get("data-style")} if element.get("data-style") else {}

    def status(text: str) -> None:
        if text := text or element.get("data-text"):
            out.inline("status", {"text": text, "color": colour, **style})

    return out.capture(status)


def _date(element: Element, out: Output) -> Outcome:
    """A `<time>` with a day becomes a date, unless its text says more than the day: that text stays."""
    timestamp = element.get("data-timestamp") or timestamp_of(element.get("datetime"))
    if not timestamp:
        return None
    if out.is_collecting:
        return DONE
    numbers = {int(number) for number in re.findall(r"\d+", element.get("datetime")[:10])}
    ours = "data-timestamp" in element.attrs

    def day(pieces: list[str]) -> None:
        text = one_line("".join(pieces))
        if ours or not text or _says(text, numbers):
            out.inline("date", {"timestamp": timestamp})
        else:
            out.text("".join(pieces))

    return out.gather(day)


def _says(text: str, numbers: set[int]) -> bool:
    """Whether a text is but a way to write the day: its numbers are the day's, the rest is a few words."""
    written = {int(number) for number in re.findall(r"\d{1,4}", text)}
    return bool(written) and len(text) <= 40 and ":" not in text and written <= numbers | {n % 100 for n in numbers}


def timestamp_of(written: str) -> str:
    try:
        day = date.fromisoformat(written.strip()[:10])
    except ValueError:
        return ""
    return str(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000)


_KIND = {"data-type", "data-node-type"}

ATLASSIAN_RULES = (
    Rule("mention", _mention, frozenset({"span", "a"}), frozenset({"data-mention-id", "data-account-id"} | _KIND)),
    Rule("emoji", _emoji, frozenset({"span", "img", "g-emoji", "gl-emoji"}),
         frozenset({"data-emoji-short-name", "data-shortname", "data-emoji-shortname", "alias"} | _KIND
                   | {"data-unicode-version", "data-name"})),
    Rule("status", _status, frozenset({"span"}), frozenset({"class"} | _KIND), mentions=re.compile(r"status|lozenge")),
    Rule("date", _date, frozenset({"time", "span"}), frozenset({"datetime", "data-timestamp"})),
)  # fmt: skip

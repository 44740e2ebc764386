"""The text of a cell, as Excel shows it."""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from html import escape
from typing import Any

from jira_session_export._batch.tables import HtmlCell

_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\[\]]*\]')
_PLACES = re.compile(r"[0#?][0#?,]*(?:\.([0#?]*))?")
_SCIENTIFIC = re.compile(r"[0#?]E[+-]", re.IGNORECASE)
LARGEST_DAY = 2_958_465
"""31 December 9999, as a number."""


def shown(value: Any, number_format: str) -> str:
    """The text of a cell's value.

    Dates are in the form of ISO 8601, whatever the format; numbers have the decimal places that their format shows,
    percent signs and leading zeros too, but neither separators between thousands nor units nor currencies.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            whole_day = value.hour == value.minute == value.second == 0
            rounded = value.replace(microsecond=0) + timedelta(seconds=value.microsecond >= 500_000)
            return rounded.date().isoformat() if whole_day and not value.microsecond else rounded.isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case int() | float():
            return _number(value, number_format)
        case _:
            return str(value)


def formatted(runs: Any) -> HtmlCell:
    """A cell whose parts look different, as text and as HTML; what looks are for nobody's eyes alone is kept."""
    html = []
    for run in runs:
        text, font = (run, None) if isinstance(run, str) else (run.text, run.font)
        piece = escape(text, quote=False).replace("\r\n", "\n").replace("\n", "<br>")
        for tag, on in _looks(font):
            piece = f"<{tag}>{piece}</{tag}>" if on else piece
        html.append(piece)
    cell = HtmlCell("".join(run if isinstance(run, str) else run.text for run in runs))
    cell.html = f"<p>{''.join(html)}</p>"
    return cell


def _looks(font: Any) -> list[tuple[str, bool]]:
    if font is None:
        return []
    return [
        ("b", bool(font.b)),
        ("i", bool(font.i)),
        ("u", bool(font.u)),
        ("s", bool(font.strike)),
        ("sub", font.vertAlign == "subscript"),
        ("sup", font.vertAlign == "superscript"),
    ]


@lru_cache(maxsize=256)
def _parts(number_format: str) -> tuple[bool, int | None, int, bool, bool]:
    """Of a format: whether it is general, its decimal places, leading zeros, percent, and powers of ten."""
    positive = _LITERALS.sub("", number_format.split(";", maxsplit=1)[0])
    found = _PLACES.search(positive)
    if number_format in {"", "General", "@"} or found is None or "/" in positive:
        return True, None, 0, False, False
    decimals = len(found[1] or "")
    whole = found[0].partition(".")[0]
    fixed = decimals if "#" not in (found[1] or "") and "?" not in (found[1] or "") else None
    zeros = whole.replace(",", "").count("0")
    return False, fixed, zeros, "%" in positive, bool(_SCIENTIFIC.search(positive))


def _number(value: float, number_format: str) -> str:
    general, decimals, zeros, percent, powers = _parts(number_format)
    if general or powers:
        return _general(value)
    try:
        exact = Decimal(repr(value)) * (100 if percent else 1)
        places = (
            max(decimals, 0) if decimals is not None else min(15, max(0, -int(exact.normalize().as_tuple().exponent)))
        )
        rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    except (InvalidOperation, ValueError, OverflowError):
        return _general(value)
    text = f"{abs(rounded):f}"
    whole, dot, fraction = text.partition(".")
    sign = "-" if rounded < 0 else ""
    return f"{sign}{whole.zfill(zeros)}{dot}{fraction}{'%' if percent else ''}"


def _general(value: float) -> str:
    """Fifteen digits, which is what Excel keeps; no exponent where people would write none."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:.15g}"
    if "e" in text and 1e-7 < abs(value) < 1e21:
        text = f"{Decimal(text):f}"
    return text

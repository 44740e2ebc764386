"""Numbers and durations in messages, so that nobody reads "1 tickets" or "in 0.0 minutes"."""


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 ticket`, `1,000 tickets`; `many` is `one` with an s when it is not given."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """`0.4 s`, `24 s`, `3 min 5 s`, `2 h 10 min`: two units at most, never a zero that was none."""
    if seconds < 0.05:
        return "less than 0.1 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    minutes, whole = divmod(round(seconds), 60)
    if not minutes:
        return f"{whole} s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min {whole} s" if whole else f"{minutes} min"
    days, hours = divmod(hours, 24)
    if not days:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{counted(days, 'day')} {hours} h" if hours else counted(days, "day")


def sentence(text: str) -> str:
    """The text with one full stop at its end, unless it ends in a mark of its own."""
    text = text.rstrip()
    if text.endswith("..") and not text.endswith("..."):
        return text.rstrip(".") + "."
    return text if text.endswith((".", "!", "?", ":", "…")) else f"{text}."

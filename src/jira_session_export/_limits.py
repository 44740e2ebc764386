"""The limits Jira sets to texts, and how it counts their characters."""

SUMMARY_MAX_LENGTH = 255
"""Characters Jira accepts in a summary; `Summary must be less than 255 characters.` still lets 255 pass."""

DESCRIPTION_MAX_LENGTH = 32_767
"""Characters Jira accepts in a description, measured here on its text, not on its JSON."""


def utf16_length(text: str) -> int:
    """Return the length as Jira counts it: in UTF-16 code units, so an emoji counts twice, a lone surrogate once."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "replace")) // 2

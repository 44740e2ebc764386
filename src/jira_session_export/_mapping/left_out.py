"""What a text said that no document can hold: a person has to put it back."""

from jira_session_export._adf import Conversion, LossKind
from jira_session_export._mapping.wording import shown
from jira_session_export._values import ManualFix, ManualFixKind

MOST_FIXES = 20
"""Manual fixes for what is left out of one text; what is beyond is counted in a last one."""


def left_out_fixes(text: Conversion, word: str) -> tuple[ManualFix, ...]:
    """One manual fix for each element of a text of which nothing is left.

    Args:
        text: the text, converted.
        word: its field, in the batch file's words.
    """
    if not text.losses:
        return ()
    gone = list(dict.fromkeys(loss.excerpt for loss in text.losses if loss.kind is LossKind.CONTENT_REMOVED))
    fixes = [_fix(word, shown(excerpt)) for excerpt in gone[:MOST_FIXES]]
    if len(gone) > MOST_FIXES:
        fixes.append(_fix(word, f"{len(gone) - MOST_FIXES} more of its kind"))
    return tuple(fixes)


def _fix(word: str, what: str) -> ManualFix:
    place = "the description" if word == "description" else word
    return ManualFix(
        ManualFixKind.CONTENT_LEFT_OUT,
        field=word,
        asked_for=what,
        done_instead=f"nothing of it is in {place}: it shows only where it comes from",
        recommended_action=f"Write what it says into {place}, or attach a picture of it.",
    )

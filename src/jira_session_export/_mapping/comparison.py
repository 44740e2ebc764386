"""Compares what a create sent with what Jira stored. Pure.

Jira answers a create with an id and a key, and says nothing of what it kept: a post function of the workflow, an app or
a rule can replace a text, cut it, or take a value away.
"""

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from jira_session_export._mapping.draft import FieldName
from jira_session_export._mapping.richtext import is_document, texts
from jira_session_export._mapping.wording import shown
from jira_session_export._values import ManualFix, ManualFixKind

_IDENTIFYING = ("id", "accountId", "key", "name", "value", "groupId")


def differences(
    sent: Mapping[str, Any],
    stored: Mapping[str, Any],
    names: Mapping[str, FieldName],
    *,
    known: Collection[str] = (),
) -> Iterator[ManualFix]:
    """One manual fix for each field that Jira did not store as it was sent.

    Rich text is compared by its words, everything else by what identifies it. What cannot be compared, because Jira
    shows it in a shape of its own, is only looked for: then a value is enough.

    Args:
        sent: field id → value, as the create had it.
        stored: field id → value, as `GET /issue` shows it; a field that is missing has none.
        names: field id → what people call it.
        known: words of fields that have a manual fix already, and are not compared.
    """
    for field_id, value in sent.items():
        called = names.get(field_id, FieldName(field_id))
        found = stored.get(field_id)
        if called.word in known or field_id == "project":
            continue
        if is_document(value):
            instead = _text_difference(value, found)
        elif isinstance(value, (list, tuple)):
            lost = [item for item in value if not _is_kept(item, found)]
            instead = _instead(found) if lost else None
            called = FieldName(called.word, ", ".join(shown(item) for item in lost))
        else:
            instead = None if _is_kept(value, found) else _instead(found)
        if instead is not None:
            yield ManualFix(
                ManualFixKind.CHANGED_BY_JIRA,
                called.word,
                called.asked_for or shown(value),
                f"the create was accepted, but {instead}",
                f"Compare {called.word} with the ticket, and correct it in Jira.",
            )


def _instead(found: Any) -> str:
    return "Jira stored nothing there" if _is_nothing(found) else f"Jira stored {_shown(found)}"


def _shown(found: Any) -> str:
    if isinstance(found, list):
        return ", ".join(_shown_one(item) for item in found)
    return _shown_one(found)


def _shown_one(found: Any) -> str:
    if isinstance(found, Mapping):
        return shown(next((found[key] for key in ("displayName", "name", "value", "key", "id") if found.get(key)), "?"))
    return shown(found)


def _is_nothing(found: Any) -> bool:
    return found is None or found in ("", [], {})


def _text_difference(sent: Mapping[str, Any], found: Any) -> str | None:
    if not is_document(found):
        return "Jira stored nothing there" if _is_nothing(found) else None
    wanted, got = _words(sent), _words(found)
    if wanted == got:
        return None
    return f"Jira stored another text ({len(got):,} characters instead of {len(wanted):,}, without spaces)"


def _words(document: Mapping[str, Any]) -> str:
    """The text without white space: Jira may move that between its nodes."""
    return "".join(unicodedata.normalize("NFC", "".join(texts(document))).split())


def _is_kept(sent: Any, found: Any) -> bool:
    """Whether a value is there: as the field's value, or among those of a field that shows a list."""
    if _is_nothing(found):
        return False
    return any(_is_same(sent, item) for item in (found if isinstance(found, list) else [found]))


def _is_same(sent: Any, found: Any) -> bool:
    if isinstance(sent, Mapping):
        if not _is_same_thing(sent, found):
            return False
        child = sent.get("child")
        return not isinstance(child, Mapping) or (
            isinstance(found, Mapping) and _is_same_thing(child, found.get("child"))
        )
    if isinstance(found, Mapping):
        identities = [str(found[key]) for key in _IDENTIFYING if isinstance(found.get(key), (str, int))]
        return not identities or str(sent) in identities or not isinstance(sent, int)
    if isinstance(sent, (int, float)) and isinstance(found, (int, float)):
        return sent == found
    if isinstance(sent, str) and isinstance(found, str):
        return " ".join(sent.split()) == " ".join(found.split()) or _is_same_moment(sent, found)
    return True


def _is_same_thing(sent: Mapping[str, Any], found: Any) -> bool:
    if not isinstance(found, Mapping):
        return found is not None
    shared = [key for key in _IDENTIFYING if sent.get(key) is not None and found.get(key) is not None]
    return not shared or str(sent[shared[0]]) == str(found[shared[0]])


def _is_same_moment(sent: str, found: str) -> bool:
    """Jira shows a moment in the zone of the account."""
    try:
        return datetime.fromisoformat(sent) == datetime.fromisoformat(found)
    except (ValueError, TypeError):
        return False

"""Time tracking: how long something is to take, and how much of it is left.

Source: `originalEstimate` and `remainingEstimate` of https://developer.atlassian.com/cloud/jira/platform/rest/v3/
(`TimeTrackingDetails`), and the units that Jira's own dialog takes: w, d, h, m (November 2026).
"""

import re
from collections.abc import Mapping
from typing import Any

from jira_session_export._mapping.names import name_key
from jira_session_export._mapping.screen import CreateScreen
from jira_session_export._mapping.values import Context, UnusableValueError, term_of

TIME_TRACKING = "timetracking"
ORIGINAL, REMAINING = "originalEstimate", "remainingEstimate"

ESTIMATE_NAMES: Mapping[str, str] = {
    "original estimate": ORIGINAL,
    "originalestimate": ORIGINAL,
    "original": ORIGINAL,
    "estimate": ORIGINAL,
    "remaining estimate": REMAINING,
    "remainingestimate": REMAINING,
    "remaining": REMAINING,
}
"""What people call the two estimates (as `name_key`) → what Jira calls them."""

_HOW = "Write durations like 2d, 1w 2d or 1h 30m; original and remaining are written 2d / 1d."
_NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
_UNIT = r"weeks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m"
# A number is read from its first digit only: long ones stay linear.
_PART = re.compile(rf"(?<![0-9])({_NUMBER})\s*({_UNIT})(?![a-z])[\s,]*", re.IGNORECASE)


def to_time_tracking(value: Any, _: Context) -> dict[str, str]:
    """The estimates a ticket gives: `2d`, `2d / 1d`, or an object with `original` and `remaining`."""
    if isinstance(value, Mapping):
        wanted = {}
        for name, estimate in value.items():
            known = ESTIMATE_NAMES.get(name_key(str(name)))
            if known is None:
                raise UnusableValueError(f"time tracking has no {name}; it has original and remaining", _HOW)
            wanted[known] = estimate
    else:
        parts = [part.strip() for part in term_of(value).split("/")]
        if len(parts) > len({ORIGINAL, REMAINING}):
            raise UnusableValueError("there are two estimates at most", _HOW)
        wanted = dict(zip((ORIGINAL, REMAINING), parts, strict=False))
    return {name: duration(estimate) for name, estimate in wanted.items() if estimate not in (None, "")}


def duration(value: Any) -> str:
    """A duration in Jira's short form, `1w 2d 3h 30m`.

    Raises:
        UnusableValueError: it is none. A bare number is none either: its unit is a setting of the site.
    """
    text = term_of(value)
    parts = list(_PART.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        bare = re.fullmatch(_NUMBER, text)
        raise UnusableValueError("a duration needs a unit" if bare else "it is not a duration", _HOW)
    return " ".join(f"{part[1].replace(',', '.')}{part[2][0].lower()}" for part in parts)


def with_joined_estimates(custom_fields: Mapping[str, Any], screen: CreateScreen) -> Mapping[str, Any]:
    """The custom fields, with `Original estimate` and `Remaining estimate` as one wish for time tracking.

    Jira keeps both in one field, yet shows them, and writes them into files, as two.
    """
    names = [name for name in custom_fields if name_key(name) in ESTIMATE_NAMES and _means_time_tracking(name, screen)]
    estimates = {ESTIMATE_NAMES[name_key(name)]: custom_fields[name] for name in names}
    if not names:
        return custom_fields
    if len(names) == 1:
        return {**custom_fields, names[0]: estimates}
    others = {name: value for name, value in custom_fields.items() if name not in names}
    return {**others, TIME_TRACKING: estimates}


def _means_time_tracking(name: str, screen: CreateScreen) -> bool:
    return [each.field_id for each in screen.named(name)] == [TIME_TRACKING]

from typing import Any

import pytest

from jira_session_export._mapping.durations import duration, to_time_tracking
from jira_session_export._mapping.values import UnusableValueError


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("2d", "2d"),
        ("1w 2d 3h 30m", "1w 2d 3h 30m"),
        ("1h30m", "1h 30m"),
        ("2 days", "2d"),
        ("1 week, 2 days", "1w 2d"),
        ("90 min", "90m"),
        ("1,5h", "1.5h"),
        ("1.5 hrs", "1.5h"),
        (" 4H ", "4h"),
    ],
)
def test_durations_are_written_as_jira_reads_them(written: str, sent: str) -> None:
    assert duration(written) == sent


@pytest.mark.parametrize(
    "written", ["", "2", 2, 1.5, "two days", "2d later", "d", "2mon", "2x", "-2d", "2d -1h", True, []]
)
def test_what_is_no_duration_is_refused(written: Any) -> None:
    """A bare number above all: whether it is minutes or hours is a setting of the site."""
    with pytest.raises(UnusableValueError):
        duration(written)


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ("2d", {"originalEstimate": "2d"}),
        ("2d / 1d", {"originalEstimate": "2d", "remainingEstimate": "1d"}),
        ("/1d", {"remainingEstimate": "1d"}),
        ({"Original estimate": "2d"}, {"originalEstimate": "2d"}),
        (
            {"originalEstimate": "2d", "remainingEstimate": "1d"},
            {"originalEstimate": "2d", "remainingEstimate": "1d"},
        ),
        ({"original": "2d", "remaining": None}, {"originalEstimate": "2d"}),
    ],
)
def test_both_estimates_can_be_given(kit: Any, wanted: Any, sent: dict[str, str]) -> None:
    assert to_time_tracking(wanted, kit) == sent


@pytest.mark.parametrize("wanted", [{"timeSpent": "2d"}, "1d/2d/3d", {"original": "soon"}])
def test_what_time_tracking_does_not_have_is_refused(kit: Any, wanted: Any) -> None:
    with pytest.raises(UnusableValueError):
        to_time_tracking(wanted, kit)


def test_two_fields_of_estimates_are_one_in_jira(kit: Any) -> None:
    metadata = kit.metadata(kit.field("timetracking", "timetracking", "Zeiterfassung"))
    fields = {"Original Estimate": "2d", "remaining estimate": "1d"}
    draft = kit.draft(metadata, custom_fields=fields)
    assert draft.fields["timetracking"] == {"originalEstimate": "2d", "remainingEstimate": "1d"}
    assert not draft.manual_fixes
    only = kit.draft(metadata, custom_fields={"Remaining estimate": "1d"})
    assert only.fields["timetracking"] == {"remainingEstimate": "1d"}


def test_a_field_of_ones_own_with_that_name_is_left_alone(kit: Any) -> None:
    own = kit.field("customfield_1", "string", "Original estimate")
    tracked = kit.field("timetracking", "timetracking", "Time tracking")
    draft = kit.draft(kit.metadata(own, tracked), custom_fields={"Original estimate": "2d"})
    assert draft.fields["customfield_1"] == "2d"
    assert "timetracking" not in draft.fields


def test_estimates_off_the_screen_are_said_by_their_own_names(kit: Any) -> None:
    draft = kit.draft(custom_fields={"Original estimate": "2d", "Remaining estimate": "1d"})
    assert [fix.field for fix in draft.manual_fixes] == ["Original estimate", "Remaining estimate"]

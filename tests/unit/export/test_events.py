from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from jira_session_export._export.events import ExportProgress, Phase

SESSION = UUID(int=1)
AT = datetime(2026, 1, 2, tzinfo=UTC)


def progress(sequence: int, position: int = 1, *, phase: Phase = Phase.CREATING, total: int = 87) -> ExportProgress:
    return ExportProgress(
        SESSION, sequence, AT, phase, position, total, "Configure Product Fields", position - 1, 87, 60.0
    )


def test_current_stage_texts() -> None:
    assert progress(1, 30).current_stage == "Creating ticket 30 of 87: Configure Product Fields"
    assert progress(1, 3, phase=Phase.LINKING, total=12).current_stage == "Linking dependency 3 of 12"
    assert progress(1, 3, phase=Phase.LINKING, total=12).percentage == 99.9


@pytest.mark.parametrize(("completed", "percentage"), [(50, 51.0), (70, 71.0), (99, 99.9), (100, 99.9)])
def test_of_a_bulk_one_counts_as_done_and_what_is_recorded(completed: int, percentage: float) -> None:
    bulk = replace(progress(1, 51), last_position=100, tickets_total=100, tickets_completed=completed)
    assert bulk.percentage == percentage

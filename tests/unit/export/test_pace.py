import pytest

from jira_session_export._export.pace import Pace, estimated_minutes, percentage, seconds_per_ticket
from jira_session_export._settings import ExportSettings


@pytest.mark.parametrize(("position", "total", "expected"), [(30, 87, 34.5), (1, 87, 1.1), (87, 87, 99.9), (0, 0, 0.0)])
def test_percentage(position: int, total: int, expected: float) -> None:
    assert percentage(position, total) == expected


@pytest.mark.parametrize(
    ("tickets", "links", "pause", "expected"),
    [(87, 12, 1.5, 3), (1, 0, 1.5, 1), (0, 0, 0, 1), (30, 0, 1.5, 1), (31, 0, 1.5, 2)],
)
def test_estimated_minutes(tickets: int, links: int, pause: float, expected: int) -> None:
    assert estimated_minutes(tickets, tickets, links, ExportSettings(pause_seconds=pause)) == expected


def test_pace_starts_with_a_guess_and_learns() -> None:
    clock = [0.0]
    pace = Pace(ExportSettings(), lambda: clock[0])
    assert pace.seconds_remaining(10, 2) == pytest.approx(21.0)
    for _ in range(99):
        clock[0] += 4.0
        pace.ticket_done()
    assert pace.seconds_remaining(10, 0) == pytest.approx(40.0, rel=0.02)


def test_a_bulk_shares_the_pause() -> None:
    assert seconds_per_ticket(ExportSettings()) == 2.0
    assert seconds_per_ticket(ExportSettings(bulk_size=50)) == pytest.approx(0.09)
    assert estimated_minutes(1_000, 1_000, 0, ExportSettings()) == 34
    assert estimated_minutes(1_000, 20, 0, ExportSettings(bulk_size=50)) == 2
    # A chain of parents and children shares no request.
    assert estimated_minutes(1_000, 1_000, 0, ExportSettings(bulk_size=50)) == 35


def test_reading_the_project_does_not_count_as_a_ticket_of_a_bulk() -> None:
    clock = [0.0]
    pace = Pace(ExportSettings(bulk_size=50, pause_seconds=0), lambda: clock[0])
    clock[0] = 3.0
    assert pace.seconds_remaining(1_000, 0) == pytest.approx(120)
    for _ in range(10):
        clock[0] += 3.0
        for _ in range(50):
            pace.ticket_done()
    assert pace.seconds_remaining(500, 0) == pytest.approx(33, rel=0.1)

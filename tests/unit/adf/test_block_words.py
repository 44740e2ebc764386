import pytest

from jira_session_export._adf.block_words import levels


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        ([40.0, 80.0], [1, 2]), ([20.0], [1]), ([20.0, 40.0, 60.0], [1, 2, 3]), ([25.0, 50.0], [1, 2]),
        ([10.0, 20.0, 30.0], [1, 2, 3]), ([80.0], [2]), ([50.0], [2]), ([48.0, 96.0], [1, 2]), ([75.0, 50.0], [3, 2]),
        ([80 / 3, 160 / 3], [1, 2]), ([33.0, 61.0], [1, 2]), ([4000.0], [6]), ([11.0, 17.0], [1, 1]), ([48.0, 62.4], [1, 1]),
    ],
)  # fmt: skip
def test_the_step_is_the_editors_own(moved, expected):
    assert levels(moved) == expected

"""Batch files cost what they hold: work and sizes are counted, nothing is timed."""

import json
import tracemalloc

import pytest

from jira_session_export import BatchLimits
from jira_session_export._batch import fields, load_batch
from jira_session_export._batch.limits import DEFAULT_LIMITS
from jira_session_export._batch.nearest import Nearest
from jira_session_export._batch.raw import MAX_PROBLEMS, SHOWN_PROBLEMS, Fields
from jira_session_export.errors import BatchFileError, SettingsError


@pytest.fixture
def refuse(write):
    def refused(name, content, **limits):
        with pytest.raises(BatchFileError) as caught:
            load_batch(write(name, content), project_key="ABC", limits=BatchLimits(**limits))
        assert caught.value.recovery_actions
        return caught.value

    return refused


# -- limits ----------------------------------------------------------------------------------------------------------

THREE = {
    "b.json": '[{"title": "A"}, {"title": "B"}, {"title": "C"}]',
    "b.jsonl": '{"title": "A"}\n{"title": "B"}\n{"title": "C"}\n',
    "b.yaml": "- title: A\n- title: B\n- title: C\n",
    "b.csv": "title\nA\nB\nC\n",
}


@pytest.mark.parametrize("name", THREE)
def test_tickets_values_and_bytes_have_limits_in_every_format(write, refuse, name):
    path = write(name, THREE[name])
    size = path.stat().st_size
    assert len(load_batch(path, project_key="ABC", limits=BatchLimits(max_tickets=3, max_bytes=size)).tickets) == 3
    assert "has more than 2 tickets" in refuse(name, THREE[name], max_tickets=2).user_message
    assert "has more than 2 values" in refuse(name, THREE[name], max_values=2).user_message
    assert "has more than" in refuse(name, THREE[name], max_bytes=size - 1).user_message


def test_a_folder_is_bounded_as_a_whole(write):
    for name in ("a", "b", "c"):
        path = write(f"folder/{name}.md", f"# {name}\n\nText.\n")
    for limits, says in ((BatchLimits(max_tickets=2), "2 tickets"), (BatchLimits(max_bytes=30), "MB")):
        with pytest.raises(BatchFileError, match=says):
            load_batch(path.parent, project_key="ABC", limits=limits)


def test_lists_that_are_written_as_one_text_count_as_values(refuse):
    document = [{"title": "A", "labels": "a;" * 1_000}]
    assert "has more than 500 values" in refuse("b.json", document, max_values=500).user_message
    table = 'title,labels\nA,"' + "a;" * 1_000 + '"\n'
    assert "has more than 500 values" in refuse("b.csv", table, max_values=500).user_message


def test_commas_inside_of_strings_are_no_values(write):
    path = write("b.json", [{"title": "A, [B] {C}", "description_html": '1, 2, [3], {4}, \\" 5,' * 100_000}])
    limits = BatchLimits(max_values=10)
    assert load_batch(path, project_key="ABC", limits=limits).tickets[0].title == "A, [B] {C}"


def test_a_limit_is_positive():
    with pytest.raises(SettingsError, match="max_values is 0"):
        BatchLimits(max_values=0)


def test_limits_of_the_environment():
    env = {"JSE_BATCH_MAX_TICKETS": " 50_000 ", "JSE_BATCH_MAX_VALUES": ""}
    assert BatchLimits.from_env(env) == BatchLimits(max_tickets=50_000)
    for wrong in ("0", "-1", "many", "1e9", "9" * 5_000, "²"):
        with pytest.raises(SettingsError, match="JSE_BATCH_MAX_BYTES="):
            BatchLimits.from_env({"JSE_BATCH_MAX_BYTES": wrong})


@pytest.mark.parametrize("ending", ["json", "yaml"])
@pytest.mark.parametrize("piece", ["{},", "[],", "0.1,", '"ab",'])
def test_memory_keeps_to_ten_times_the_file(write, ending, piece):
    # Smaller than what hostile files would be, with limits to match: memory is proportional to both.
    count = 400_000 // len(piece)
    path = write(f"b.{ending}", f"[{{title: A, custom_fields: {{a: [{piece * count}1]}}}}]" if ending == "yaml" else
                 f'[{{"title": "A", "custom_fields": {{"a": [{piece * count}1]}}}}]')  # fmt: skip
    limits = BatchLimits(max_values=DEFAULT_LIMITS.max_values * path.stat().st_size // 9_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(BatchFileError, match="values"):
            load_batch(path, project_key="ABC", limits=limits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * path.stat().st_size


# -- work ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch):
    """What suggestions were looked for."""
    asked = []
    to = Nearest.to
    monkeypatch.setattr(Nearest, "to", lambda self, name: asked.append(name) or to(self, name))
    close = fields.get_close_matches
    monkeypatch.setattr(
        fields, "get_close_matches", lambda word, *args, **more: asked.append(word) or close(word, *args, **more)
    )
    return asked


@pytest.mark.parametrize(
    "ticket",
    [
        {"title": "A", "depends_on": ["tikcet-7"]},
        {"title": "A", "parent": "nowhere"},
        {"title": "A", "asignee": "x"},
        {"titel": "A"},
    ],
)
def test_suggestions_are_looked_for_only_where_they_are_shown(refuse, asked, ticket):
    error = refuse("b.json", [{"id": f"ticket-{number}", **ticket} for number in range(500)])
    assert "500 problems" in error.user_message
    assert "and 480 more" in error.user_message
    assert 0 < len(asked) <= 2 * SHOWN_PROBLEMS


def test_the_reading_ends_when_nobody_would_correct_so_much(refuse):
    error = refuse("b.jsonl", "x\n" * (3 * MAX_PROBLEMS))
    assert f"more than {MAX_PROBLEMS - 1:,} problems" in error.user_message
    assert "the file was not read to its end" in error.user_message
    assert error.user_message.count("\n") < SHOWN_PROBLEMS + 3


def test_doubled_keys_are_counted_once_each():
    class Key(str):
        __slots__ = ()
        compared = 0
        __hash__ = str.__hash__

        def __eq__(self, other):
            Key.compared += 1
            return str.__eq__(self, other)

    keys = [Key(f"k{number}") for number in range(2_000)]
    assert Fields([(key, 1) for key in [*keys, *keys]]).duplicates == tuple(keys)
    assert Key.compared < 20 * len(keys)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("b.json", '[{"title": "A", "custom_fields": {"' + "k" * 100_000 + '": [' + '"\\ud800",' * 50 + "1]}}]"),
        ("b.json", json.dumps([{"title": "A", "k" * 100_000: 1}])),
        ("b.json", json.dumps([{"title": "A" * 100_000, "labels": 5.5, "order": "x" * 100_000}])),
        ("b.json", json.dumps([{"title": "A", "depends_on": ["x" * 100_000], "parent": "y" * 100_000}])),
        ("b.json", json.dumps([{"title": "A", "attachments": ["x" * 100_000], "links": [{"z" * 100_000: 1}]}])),
        ("b.csv", f"title,{'c' * 100_000},{'c' * 100_000}\nA,1,2\n"),
        ("b.csv", f"title,\nA,{'c' * 100_000}\n"),
        ("b.yaml", f"- title: A\n  {'k' * 1_000}: 1\n- !!{'t' * 100_000} x\n"),
        ("b.yaml", f"- *{'a' * 100_000}\n"),
        ("b.json", json.dumps({"tickets": [{"title": "A"}], "x" * 100_000: 1})),
    ],
)  # fmt: skip
def test_messages_show_the_beginning_of_what_is_long(refuse, name, content):
    error = refuse(name, content)
    assert len(error.user_message) < 20_000
    assert sum(map(len, error.recovery_actions)) < 5_000

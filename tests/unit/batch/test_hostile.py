"""Whatever a file holds, it is a session or a `BatchFileError`, in every format."""

import json
import tempfile
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jira_session_export._batch import FORMATS, load_batch
from jira_session_export._batch.fields import FIELD_NAMES
from jira_session_export._models import Session
from jira_session_export._printable import one_line
from jira_session_export.errors import BatchFileError

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(name: str, data: bytes) -> Session | None:
    """The session; None when the file was refused, with a place and without a control character."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        try:
            return load_batch(path, project_key="ABC", confine_attachments=True)
        except BatchFileError as exc:
            said = [*exc.user_message.split("\n"), *exc.recovery_actions, exc.where]
            assert all(one_line(line) == line for line in said), said
            return None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.uuids().map(str)
    | st.sampled_from([10**400, -0.0, 1e400, "-0", "\0", "\ud800", "1,5", "2025-02-30", "id-1", "ABC-1", "\u202e", "a;b\n,c"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["type", "to", "path", "filename", "x", "\0"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
KEYS = st.sampled_from([*FIELD_NAMES, "titel", "x"])
TICKETS = st.lists(
    st.dictionaries(KEYS, VALUES, max_size=5).map(lambda fields: {"title": "A", **fields}) | VALUES, max_size=4
)
DOCUMENTS = TICKETS | st.fixed_dictionaries(
    {"tickets": TICKETS}, optional=dict.fromkeys(("project_key", "name", "id", "owner", "defaults", "x"), VALUES)
)


@QUICK
@given(DOCUMENTS)
@example([{"title": "A", "order": 10**400}])
@example([{"title": "A", "order": 2**40, "story_points": 1e308}])
@example([{"title": "A\0"}])
@example([{"title": "\u200b"}, {"title": "\x1f"}, {"title": "\x85"}])
def test_json_of_any_values(document):
    session = read("b.json", json.dumps(document).encode())
    if session is not None:
        assert Session.model_validate_json(session.model_dump_json()) == session


@QUICK
@given(st.sampled_from([*FORMATS, ".md"]), st.binary(max_size=300))
def test_any_bytes(ending, data):
    read(f"b{ending}", data)


ALPHABETS = {
    ".json": '{}[]",:\\ue0dtl1-+eE. \n\ufefftitleA\0',
    ".jsonl": '{}[]",:\\n1 \ntitleA',
    ".yaml": "-:?&*!|>'\"%@`{}[],# \n\ttitleA<0.~",
    ".csv": 'title,;\t|"\r\nlabelsorder 1\0=',
    ".tsv": 'title\t"\r\n ',
    ".md": "---\n# title: A`<!-->\n\n*_[]()",
}


@QUICK
@given(st.data())
def test_any_text_of_the_characters_that_matter(data):
    ending = data.draw(st.sampled_from(sorted(ALPHABETS)))
    text = data.draw(st.text(st.sampled_from(ALPHABETS[ending]), max_size=80))
    if data.draw(st.booleans()):
        text = {
            ".csv": "title,order\nA,",
            ".tsv": "title\torder\nA\t",
            ".json": '[{"title": "A"',
            ".yaml": "- title: A\n  ",
        }.get(ending, "") + text
    read(f"b{ending}", text.encode("utf-8", "surrogatepass"))


@QUICK
@given(
    st.lists(
        st.tuples(KEYS, st.text(max_size=12) | st.sampled_from(["1e999", "-1", "9" * 400, "NaN", "=1+1", "\0"])),
        min_size=1,
        max_size=6,
        unique_by=lambda pair: pair[0],
    )
)
def test_a_table_of_any_cells(pairs):
    cells = {"title": "A", **dict(pairs)}
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells.values()]
    read("b.csv", f"{','.join(cells)}\n{','.join(quoted)}\n".encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff"])
@pytest.mark.parametrize("ending", FORMATS)
def test_a_byte_order_mark_and_nothing_else(ending, mark):
    assert read(f"b{ending}", mark) is None


def test_minus_nothing_is_nothing():
    session = read("b.json", b'[{"title": "A", "story_points": -0, "id": "00000000-0000-0000-0000-000000000001"}]')
    assert session is not None
    (ticket,) = session.tickets
    assert (str(ticket.story_points), ticket.id) == ("0.0", UUID(int=1))

"""A session written in any of the formats reads back as the same session."""

import csv
import io
import json
import re
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from jira_session_export._batch import FORMATS, load_batch
from jira_session_export._models import Session, Ticket, TicketLink
from jira_session_export.errors import BatchFileError

# -- sessions that every format can hold -----------------------------------------------------------------------------

CHARACTERS = st.characters(
    exclude_categories=("Cs", "Cc"), include_characters="\n\t", exclude_characters="\ufeff\ufffe\uffff"
)
TEXT = st.text(CHARACTERS, max_size=60)
# A cell, a heading or a front matter line has no room for surrounding space, and lists in cells none for `;`.
NAME = (
    st.text(
        st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters=";\ufeff\ufffe\uffff"),
        min_size=1,
        max_size=20,
    )
    .map(str.strip)
    .filter(bool)
)
# A list in one cell is split at commas, unless the project knows a name that holds one; nobody calls a label so.
LABEL = NAME.map(lambda name: name.replace(",", ".").strip()).filter(bool)
TOKEN = st.text(st.sampled_from("abcXYZ019-_äß漢🎉"), min_size=1, max_size=8)
# PyYAML, which writes YAML 1.1, leaves `0E0` bare, which YAML 1.2, as we read it, takes for a number.
WORD = NAME.filter(lambda name: not re.fullmatch(r"[-+]?[\d_.]+(?:[eE][-+]?\d+)?", name))
BODY = TEXT.filter(lambda text: bool(text.strip()))


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    count = draw(st.integers(1, 4))
    ids = draw(st.lists(st.uuids(version=4), min_size=count, max_size=count, unique=True))
    tickets = []
    for place, ticket_id in enumerate(ids, start=1):
        others = [other for other in ids if other != ticket_id]
        reference = st.sampled_from(others) if others else st.nothing()
        html = draw(st.none() | BODY)
        tickets.append(
            Ticket(
                id=ticket_id,
                order=place,
                title=draw(NAME),
                description_html=html,
                description_markdown=None if html else draw(st.none() | BODY),
                issue_type=draw(st.none() | NAME),
                assignee=draw(st.none() | NAME),
                sprint=draw(st.none() | NAME),
                labels=draw(st.lists(LABEL, max_size=3)),
                components=draw(st.lists(NAME, max_size=2)),
                fix_versions=draw(st.lists(NAME, max_size=2)),
                due_date=draw(st.none() | st.dates()),
                story_points=draw(st.none() | st.floats(0, 1e6)),
                parent=draw(st.none() | st.just("ABC-12") | reference),
                depends_on=draw(st.lists(reference, max_size=2)) if others else (),
                links=draw(st.lists(st.builds(TicketLink, type=TOKEN, to=st.just("ABC-9") | reference), max_size=2)),
                custom_fields=draw(st.dictionaries(TOKEN, WORD, max_size=2)),
            )
        )
    return Session(id=draw(st.uuids(version=4)), project_key="ABC", name="b", tickets=tuple(tickets))


# -- writers ---------------------------------------------------------------------------------------------------------


def plain(session: Session) -> dict[str, Any]:
    return session.model_dump(mode="json", exclude_none=True)


def write_json(session: Session, folder: Path) -> Path:
    path = folder / "b.json"
    path.write_text(json.dumps(plain(session), ensure_ascii=False), "utf-8")
    return path


def write_json_lines(session: Session, folder: Path) -> Path:
    document = plain(session)
    path = folder / "b.jsonl"
    lines = [{**document, "tickets": None}, *document["tickets"]]
    del lines[0]["tickets"]
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8", newline="")
    return path


def write_yaml(session: Session, folder: Path) -> Path:
    path = folder / "b.yaml"
    path.write_text(yaml.safe_dump(plain(session), allow_unicode=True, sort_keys=False), "utf-8", newline="")
    return path


def write_csv(session: Session, folder: Path) -> Path:
    rows = []
    for ticket in plain(session)["tickets"]:
        row = {
            key: "; ".join(value) if isinstance(value, list) and key != "links" else value
            for key, value in ticket.items()
        }
        row["links"] = "\n".join(f"{link['type']}: {link['to']}" for link in ticket.get("links", []))
        row |= {f"custom_fields.{name}": value for name, value in row.pop("custom_fields", {}).items()}
        rows.append(row)
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    path = folder / "b.csv"
    path.write_text(buffer.getvalue(), "utf-8", newline="")
    return path


def write_markdown(session: Session, folder: Path) -> Path:
    document = plain(session)
    for place, ticket in enumerate(document.pop("tickets"), start=1):
        body = ticket.pop("description_markdown", "")
        head = yaml.safe_dump(ticket, allow_unicode=True, sort_keys=False)
        (folder / f"{place:03}.md").write_text(f"---\n{head}---\n\n{body}\n", "utf-8", newline="")
    (folder / "session.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    return folder


WRITERS = [write_json, write_json_lines, write_yaml, write_csv, write_markdown]


def as_read(session: Session, write: Any) -> Session:
    """What `session` is after a format that has no place for some of it."""
    if write is write_markdown:  # blank lines around a body say nothing
        tickets = tuple(
            ticket.model_copy(update={"description_markdown": (ticket.description_markdown or "").strip("\n") or None})
            for ticket in session.tickets
        )
        return session.model_copy(update={"tickets": tickets})
    return session


@pytest.mark.parametrize("write", WRITERS)
@settings(max_examples=60, deadline=None)
@given(session=sessions())
def test_what_is_written_reads_back(write: Any, session: Session) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(session, Path(folder))
        again = load_batch(path, project_key="ABC", session_name=str(session.id))
    assert again.model_copy(update={"name": "b"}) == as_read(session, write)


@pytest.mark.parametrize("suffix", [*FORMATS, ".md"])
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=80) | st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_whatever_end_in_anything_but_a_session_or_our_error(suffix: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"b{suffix}"
        path.write_bytes(data)
        try:
            session = load_batch(path.parent if suffix == ".md" else path, project_key="ABC")
        except BatchFileError:
            return
    assert session.tickets


ANY_TEXT = st.text(st.characters(), max_size=10)  # lone surrogates included
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(
    fields=st.dictionaries(st.sampled_from(sorted(Ticket.model_fields)) | ANY_TEXT, JSON, max_size=6),
    about=st.dictionaries(st.sampled_from(["id", "name", "owner", "project_key"]) | ANY_TEXT, JSON, max_size=2),
    session_name=st.none() | ANY_TEXT,
)
def test_no_value_whatever_ends_in_anything_but_a_session_or_our_error(
    fields: dict[str, Any], about: dict[str, Any], session_name: str | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "b.json"
        path.write_text(json.dumps({**about, "tickets": [{"title": "A", **fields}]}), "utf-8")
        try:
            session = load_batch(path, project_key="ABC", session_name=session_name)
        except BatchFileError as error:
            str(error).encode()
            return
    session.model_dump_json()
    assert isinstance(session.tickets[0].id, UUID)

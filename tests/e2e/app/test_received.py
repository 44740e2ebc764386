"""Uploads of folders and zips: files end up where tickets expect them, and nowhere else."""

import io
import json
import stat
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from app.received import MAX_ZIP_FILES, ReceivedFile, place_as_named, safe_path, store_received

from jira_session_export.errors import BatchFileError

from .conftest import EXAMPLE, Service, batch
from .test_contract import is_error

DEMO = EXAMPLE.parent / "data"


def received(name: str, content: bytes = b"x") -> ReceivedFile:
    return ReceivedFile(name, io.BytesIO(content))


def packed(files: dict[str, bytes], *, password_flag: bool = False) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    data = bytearray(target.getvalue())
    if password_flag:
        for mark in (b"PK\x03\x04", b"PK\x01\x02"):
            data[data.index(mark) + (6 if mark.endswith(b"\x04") else 8)] |= 1
    return bytes(data)


def stored(folder: Path, batch_file: ReceivedFile, *others: ReceivedFile, max_bytes: int = 1_000_000) -> set[str]:
    path = store_received(folder, batch_file, others, max_bytes=max_bytes)
    home = path if path.is_dir() else path.parent
    return {found.relative_to(home).as_posix() for found in home.rglob("*") if found.is_file()}


def test_paths_are_counted_from_the_batch_file(tmp_path: Path) -> None:
    others = [received("data/attachments/a.png"), received("data/notes/deep/b.txt")]
    found = stored(tmp_path / "up", received("data/demo.json"), *others)
    assert found >= {"demo.json", "attachments/a.png", "notes/deep/b.txt"}
    # Somebody may have chosen a folder too high, or too low.
    assert found >= {"a.png", "deep/b.txt", "b.txt"}


def test_what_could_be_another_file_is_not_guessed(tmp_path: Path) -> None:
    found = stored(tmp_path / "up", received("d.json"), received("one/a.png", b"1"), received("two/a.png", b"2"))
    assert found == {"d.json", "one/a.png", "two/a.png"}


def test_a_file_of_its_own_is_not_replaced_by_one_further_down(tmp_path: Path) -> None:
    folder = tmp_path / "up"
    stored(folder, received("d.json"), received("a.png", b"own"), received("one/a.png", b"other"))
    assert (folder / "batch" / "a.png").read_bytes() == b"own"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"demo.json": b"{}", "files/a.png": b"x"}, "demo.json"),
        ({"top/demo.yaml": b"", "top/files/b.json": b"{}", "__MACOSX/top/x.json": b"", ".DS_Store": b""}, "demo.yaml"),
        ({"one.md": b"# One", "two.md": b"# Two"}, "sprint"),
        ({"notes/one.md": b"# One"}, "notes"),
    ],
)
def test_the_batch_file_of_a_zip_is_the_one_that_lies_highest(
    tmp_path: Path, files: dict[str, bytes], expected: str
) -> None:
    path = store_received(tmp_path / "up", received("sprint.zip", packed(files)), [], max_bytes=1_000_000)
    assert path.name == expected
    assert path.exists()


def test_a_zip_beside_the_batch_file_is_unpacked_and_kept(tmp_path: Path) -> None:
    archive = received("attachments.zip", packed({"attachments/a.png": b"x"}))
    assert stored(tmp_path / "up", received("d.json"), archive) >= {"attachments/a.png", "attachments.zip"}
    broken = received("log.zip", b"no zip at all")
    assert stored(tmp_path / "other", received("d.json"), broken) == {"d.json", "log.zip"}


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "/etc/passwd", "C:\\Windows\\x.ini", "a/../../b.txt", "\\\\host\\share\\c.txt"]
)
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    data = packed({"d.json": b"{}", name: b"x"})
    found = stored(tmp_path / "up" / "in", received("d.zip", data), received(name.replace("x", "y")))
    assert all(".." not in path and not path.startswith("/") for path in found)
    assert {path.name for path in tmp_path.iterdir()} == {"up"}
    assert {path.name for path in (tmp_path / "up").iterdir()} == {"in"}


def test_links_in_a_zip_are_left_out(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("d.json", b"{}")
        link = zipfile.ZipInfo("secret.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert stored(tmp_path / "up", received("d.zip", target.getvalue())) == {"d.json"}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (packed({"d.json": b"{}", "zeros.bin": bytes(600_000)}), "more than 400,000 bytes"),
        (packed({"d.json": b"{}"} | {f"{n}.txt": b"" for n in range(MAX_ZIP_FILES)}), "more than 10,000 files"),
        (packed({"d.json": b"{}"}, password_flag=True), "is encrypted"),
        (b"PK\x03\x04 and then nothing", "cannot be unpacked"),
        (packed({"readme.txt": b""}), "holds no batch file"),
        (packed({"a.json": b"{}", "b.csv": b""}), "several files that may be the batch file: a.json, b.csv"),
    ],
    ids=["large", "many", "encrypted", "broken", "empty", "ambiguous"],
)
def test_a_zip_that_cannot_be_used_is_refused_with_a_reason(tmp_path: Path, data: bytes, problem: str) -> None:
    with pytest.raises(BatchFileError, match=problem) as refused:
        store_received(tmp_path / "up", received("d.zip", data), [], max_bytes=100_000)
    assert refused.value.recovery_actions


@pytest.mark.parametrize("name", ["", ".", "..", "a/" * 30 + "b", "x" * 300, "a\x00b", "a\nb", " . "])
def test_names_nobody_can_use(name: str) -> None:
    with pytest.raises(BatchFileError, match="no usable name"):
        safe_path(name)


async def test_the_shipped_demo_is_loaded_with_its_folder(service: Service) -> None:
    attachments = [
        ("attachments", (f"data/attachments/{path.name}", path.read_bytes()))
        for path in sorted((DEMO / "attachments").iterdir())
    ]
    demo = ("file", ("data/demo-session.json", (DEMO / "demo-session.json").read_bytes()))
    answer = await service.client.post("/api/jira/sessions", files=[demo, *attachments])
    assert answer.status_code == 201, answer.text
    assert answer.json()["total_tickets"] == 87
    session_id = answer.json()["session_id"]
    trial = await service.client.post(f"/api/jira/test-adf-conversion/{session_id}", json={"ticket_ids": []})
    assert trial.json()["all_passed"]


@pytest.mark.parametrize("folder", ["", "somewhere/else/"])
async def test_files_chosen_one_by_one_are_found_by_their_names(service: Service, folder: str) -> None:
    attachments = [
        ("attachments", (f"{folder}{path.name}", path.read_bytes()))
        for path in sorted((DEMO / "attachments").iterdir())
    ]
    demo = ("file", ("demo-session.json", (DEMO / "demo-session.json").read_bytes()))
    answer = await service.client.post("/api/jira/sessions", files=[demo, *attachments])
    assert answer.status_code == 201, answer.text


def test_names_in_a_batch_file_lead_to_files_beside_it_alone(tmp_path: Path) -> None:
    batch_file = tmp_path / "in" / "d.yaml"
    batch_file.parent.mkdir()
    named = ("files/plan.png", "x\\y\\two words.txt", "../../outside.txt", "/etc/passwd", "files/gone.png", "/" * 9000)
    batch_file.write_text("\n".join(f"- path: {path}" for path in named))
    for name in ("plan.png", "two words.txt", "outside.txt"):
        (batch_file.parent / name).write_bytes(b"x")
    assert place_as_named(batch_file) == 2
    assert (batch_file.parent / "x" / "y" / "two words.txt").read_bytes() == b"x"
    assert {path.name for path in tmp_path.iterdir()} == {"in"}


async def test_problems_are_a_list_with_places(service: Service) -> None:
    tickets: list[dict[str, Any]] = [{"titel": "One"}, {"title": "Two", "attachments": ["plans/gone.png"]}, {}]
    files = {"file": ("sprint.json", json.dumps(batch(0) | {"tickets": tickets}).encode())}
    body = is_error(await service.client.post("/api/jira/sessions", files=files), 422, "invalid_batch_file")
    assert body["path"] == "sprint.json"
    assert body["problem_count"] == len(body["problems"]) >= 3
    assert all(each["where"].startswith("ticket ") for each in body["problems"])
    assert any("plans/gone.png" in each["problem"] for each in body["problems"])
    files = {"file": ("sprint.json", json.dumps({"tickets": [{"title": "One"}]}).encode())}
    answer = await service.client.post("/api/jira/sessions", files=files)
    (problem,) = is_error(answer, 422, "invalid_batch_file")["problems"]
    assert "Project key" in problem["action"]
    assert "--" not in answer.text


def test_looking_for_paths_takes_no_more_memory_than_the_file(tmp_path: Path) -> None:
    """A list of all pieces of a file took some ten times its size."""
    (tmp_path / "plan.png").write_bytes(b"")
    file = tmp_path / "batch.json"
    file.write_text("{}," * 500_000 + '"files/plan.png"')
    tracemalloc.start()
    try:
        assert place_as_named(file) == 1
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * file.stat().st_size
    assert (tmp_path / "files" / "plan.png").exists()

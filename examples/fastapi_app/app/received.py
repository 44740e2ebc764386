"""The files of an upload, put where the tickets of the batch file expect them.

What comes is a batch file with any number of files beside it, each with the path it had where it was chosen, or a zip
of them. Nobody's path leads out of the upload's own folder, and a zip is unpacked only as far as the bounds go.
"""

import os
import re
import shutil
import stat
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from app.files import is_full
from jira_session_export.errors import BatchFileError

BATCH_ENDINGS = frozenset({".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".csv", ".tsv", ".xlsx"})
TEXT_ENDINGS = BATCH_ENDINGS - {".xlsx"}
MARKDOWN_ENDINGS = frozenset({".md", ".markdown"})
ZIP_ENDING = ".zip"

MAX_PATH_PARTS = 20
MAX_ZIP_FILES = 10_000
ZIP_GROWTH = 4
"""What is in a zip may be this many times as large as an upload may be."""
MAX_SEARCHED_BYTES = 10_000_000
MAX_NAMED = 1000
CHUNK = 1 << 20

# A piece of a batch file that may be a path, between what paths stand between.
_PIECE = re.compile(r"""[^"'`\n\r\t,:;|<>\[\]{}=]+""")


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file as it was sent.

    Attributes:
        name: its name, or its path where it was chosen, as the browser gives it.
        content: read from here.
    """

    name: str
    content: BinaryIO


def store_received(folder: Path, batch: ReceivedFile, others: Sequence[ReceivedFile], *, max_bytes: int) -> Path:
    """Write an upload's files below `folder`.

    Paths are counted from the batch file's folder, as its tickets count them. A file whose path begins with more
    folders than a ticket names (somebody chose a folder above) is found there as well, unless that could be another
    one. A zip beside the batch file is unpacked, and stays as it is, too.

    Args:
        folder: does not exist yet.
        batch: the batch file; a zip is unpacked, and the batch file looked for in it.
        others: what was sent beside it.
        max_bytes: how large an upload may be; unpacked, its zips may hold `ZIP_GROWTH` times as much.

    Returns:
        The batch file, or a folder of Markdown files.

    Raises:
        BatchFileError: a file has no usable name, was sent twice, or is a zip that cannot be unpacked; there is no
            batch file, or which one it is cannot be said.
    """
    folder.mkdir(parents=True)
    unpacked = _Unpacked(max_bytes * ZIP_GROWTH)
    received = folder / "received"
    is_zip = _ending(batch.name) == ZIP_ENDING
    sent = others if is_zip else (batch, *others)
    paths = [_write(received, safe_path(file.name), file.content) for file in sent]
    # What was sent goes before what is in a zip.
    for file in (batch, *others):
        if _ending(file.name) == ZIP_ENDING:
            # One that was attached may also be a ticket's attachment by itself, so it is not refused for what is in it.
            with suppress(*(() if file is batch else (BatchFileError,))):
                paths.extend(unpacked.write(received, safe_path(file.name), file.content))
    found = _batch_path(paths, safe_path(batch.name), is_zip=is_zip)
    home = found.parent
    # A folder of Markdown files gives the session its name.
    place = folder / (safe_path(batch.name).stem if found == home else "batch")
    _arrange(received, place, paths, home)
    shutil.rmtree(received)
    return place / found.relative_to(home)


def place_as_named(batch: Path) -> int:
    """Link files that came without folders to where the batch file's text names them: `plan.png` as `files/plan.png`.

    Only what lies beside the batch file under that very name is taken, and nothing that is there is replaced.

    Returns:
        How many were placed.
    """
    if batch.suffix.lower() not in TEXT_ENDINGS or batch.stat().st_size > MAX_SEARCHED_BYTES:
        return 0
    placed = 0
    # Piece by piece: a list of all would take many times the memory of the file.
    seen: set[str] = set()
    for piece in _PIECE.finditer(batch.read_text(encoding="utf-8", errors="replace")):
        text = piece[0]
        if len(text) > MAX_NAMED or text in seen or not ("/" in text or "\\" in text):
            continue
        seen.add(text)
        with suppress(BatchFileError, OSError):
            path = safe_path(text.strip().removeprefix("- "))
            source, target = batch.parent / path.name, batch.parent / path
            if len(path.parts) > 1 and source.is_file() and source != batch and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(source, target)
                placed += 1
    return placed


def safe_path(name: str) -> PurePosixPath:
    """A path that leads down, whatever system it comes from; of one that does not, the name alone.

    Raises:
        BatchFileError: there is none in it.
    """
    windows = PureWindowsPath(name)
    parts = [part for part in name.replace("\\", "/").split("/") if part not in {"", "."}]
    if windows.drive or windows.root or ".." in parts:
        parts = parts[-1:]
    usable = (
        parts
        and len(parts) <= MAX_PATH_PARTS
        and all(part.strip(". ") and part.isprintable() and len(part.encode(errors="replace")) <= 255 for part in parts)
    )
    if not usable:
        raise BatchFileError(
            "has no usable name", path=repr(name)[:300], recovery_actions=["Rename the file and send it again."]
        )
    return PurePosixPath(*parts)


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _write(root: Path, path: PurePosixPath, content: BinaryIO) -> PurePosixPath:
    target = root / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            shutil.copyfileobj(content, file, CHUNK)
    except (FileExistsError, NotADirectoryError) as exc:
        raise BatchFileError("was sent twice", path=str(path), recovery_actions=["Send each file once."]) from exc
    return path


class _Unpacked:
    """Unpacks zips, all of an upload within one bound."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._left = max_bytes
        self._files = MAX_ZIP_FILES

    def write(self, root: Path, path: PurePosixPath, content: BinaryIO) -> Iterator[PurePosixPath]:
        """The files of a zip, written; what is there already stays."""
        content.seek(0)
        try:
            with zipfile.ZipFile(content) as archive:
                for member in archive.infolist():
                    if member.is_dir() or _is_rubbish(member.filename) or stat.S_ISLNK(member.external_attr >> 16):
                        continue
                    self._files -= 1
                    if self._files < 0:
                        raise _bad_zip(path, f"holds more than {MAX_ZIP_FILES:,} files", "Send fewer files.")
                    inner = safe_path(member.filename)
                    with archive.open(member) as file:
                        if self._copy(path, file, root / inner):
                            yield inner
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, UnicodeDecodeError) as exc:
            if is_full(exc):
                raise
            raise _bad_zip(path, f"cannot be unpacked ({exc})", "Pack it again as an ordinary zip.") from exc
        except RuntimeError as exc:  # a password
            raise _bad_zip(path, "is encrypted", "Pack it without a password.") from exc

    def _copy(self, archive: PurePosixPath, source: object, target: Path) -> bool:
        """Copy as much as is left; the sizes that a zip states are nobody's promise."""
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            return False
        with target.open("xb") as file:
            while chunk := source.read(min(CHUNK, self._left + 1)):  # type: ignore[attr-defined]
                self._left -= len(chunk)
                if self._left < 0:
                    raise _bad_zip(
                        archive,
                        f"holds more than {self._max_bytes:,} bytes",
                        "Leave out files that no ticket attaches, or have an administrator raise JSE_MAX_UPLOAD_BYTES.",
                    )
                file.write(chunk)
        return True


def _is_rubbish(name: str) -> bool:
    """What systems put into zips by themselves."""
    return any(part.startswith(".") or part in {"__MACOSX", "Thumbs.db", "desktop.ini"} for part in name.split("/"))


def _bad_zip(path: PurePosixPath, problem: str, action: str) -> BatchFileError:
    return BatchFileError(problem, path=str(path), recovery_actions=[action])


def _batch_path(paths: Sequence[PurePosixPath], sent_as: PurePosixPath, *, is_zip: bool) -> PurePosixPath:
    """The batch file's path: as it was sent, or the one of a known format that lies highest in the zip."""
    if not is_zip and sent_as.suffix.lower() not in MARKDOWN_ENDINGS:
        return sent_as
    candidates = [path for path in paths if path.suffix.lower() in BATCH_ENDINGS]
    markdown = [path for path in paths if path.suffix.lower() in MARKDOWN_ENDINGS]
    if not candidates and markdown:
        return min((path.parent for path in markdown), key=lambda path: len(path.parts)) / "."
    if not candidates:
        raise BatchFileError(
            "holds no batch file",
            path=str(sent_as),
            recovery_actions=[f"Put one into it, named by its format: {', '.join(sorted(BATCH_ENDINGS))}."],
        )
    highest = min(len(path.parts) for path in candidates)
    found = [path for path in candidates if len(path.parts) == highest]
    if len(found) > 1:
        raise BatchFileError(
            f"holds several files that may be the batch file: {', '.join(map(str, found[:10]))}",
            path=str(sent_as),
            recovery_actions=["Put the attachments into a folder of their own, below the batch file."],
        )
    return found[0]


def _arrange(received: Path, place: Path, paths: Sequence[PurePosixPath], home: PurePosixPath) -> None:
    """Move the files to where they are looked for, counted from `home`, and link them where they may be, too."""
    ends: defaultdict[PurePosixPath, set[PurePosixPath]] = defaultdict(set)
    moved: dict[PurePosixPath, PurePosixPath] = {}
    for path in dict.fromkeys(paths):
        moved[path] = path.relative_to(home) if path.is_relative_to(home) else path
        target = place / moved[path]
        target.parent.mkdir(parents=True, exist_ok=True)
        (received / path).rename(target)
        for start in range(1, len(path.parts)):
            ends[PurePosixPath(*path.parts[start:])].add(path)
    for end, owners in ends.items():
        target = place / end
        if len(owners) == 1 and not target.exists():
            with suppress(OSError):  # one of its folders is a file here
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(place / moved[next(iter(owners))], target)

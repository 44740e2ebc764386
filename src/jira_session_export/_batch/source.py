"""Gets the text out of a batch file, whatever the editor that saved it."""

import codecs
import os
import stat
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

from jira_session_export._batch.raw import Problems
from jira_session_export._printable import excerpt
from jira_session_export.errors import BatchFileError

PIECE = 1_048_576

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16, so it is asked first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def is_folder(path: Path, problems: Problems) -> bool:
    """Whether `path` is a folder; False means a plain file.

    Raises:
        BatchFileError: it is not there, not reachable, or neither.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as exc:
        raise _unreachable(path, problems, exc) from exc
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise problems.fatal("", "is neither a file nor a folder", "Name a file that can be read more than once.")
    return stat.S_ISDIR(mode)


def list_folder(path: Path, problems: Problems) -> list[Path]:
    """The files of a folder, by name.

    Raises:
        BatchFileError: it cannot be listed.
    """
    try:
        return sorted((entry for entry in path.iterdir() if entry.is_file()), key=lambda entry: entry.name)
    except OSError as exc:
        raise _unreachable(path, problems, exc) from exc


def read_text(path: Path, problems: Problems, *, where: str = "") -> str:
    """The whole text of a file, its byte order mark removed.

    Args:
        where: the file's name in problems, when it is one of several.

    Raises:
        BatchFileError: it cannot be read, is too large, or is not text in UTF-8 or UTF-16.
    """
    return as_text(read_bytes(path, problems, where=where), problems, where=where)


def read_stream(file: BinaryIO, problems: Problems) -> bytes:
    """All bytes that a stream has.

    Raises:
        BatchFileError: it cannot be read, or has too many.
    """
    data = bytearray()
    try:
        while piece := file.read(PIECE):
            data += piece
            problems.count_bytes(len(piece), "")
    except TypeError:
        raise problems.fatal("", "is opened as text", "Open it for bytes: open(path, 'rb').") from None
    except (OSError, ValueError) as exc:
        raise problems.fatal("", f"cannot be read ({exc})", "Give a file that can be read.") from exc
    return bytes(data)


def read_bytes(path: Path, problems: Problems, *, where: str = "") -> bytes:
    """All bytes of a file.

    Raises:
        BatchFileError: it cannot be read, or is too large.
    """
    try:
        with path.open("rb") as file:
            # As much as it has: Python takes the memory for all that is asked for, before it reads.
            data = file.read(min(problems.bytes_left, os.fstat(file.fileno()).st_size) + 1)
    except OSError as exc:
        raise _unreachable(path, problems, exc, where) from exc
    problems.count_bytes(len(data), where)
    return data


def as_text(data: bytes, problems: Problems, *, encoding: str | None = None, where: str = "") -> str:
    """The text of bytes, its byte order mark removed.

    Args:
        encoding: of text that is in neither UTF-8 nor UTF-16, for example `cp1252`.

    Raises:
        BatchFileError: it is no text in that encoding, or a file of another kind.
    """
    if other := _other_kind(data):
        raise problems.fatal(where, *other)
    if encoding is not None:
        try:
            codecs.lookup(encoding)
            "".encode(encoding)
        except (LookupError, ValueError, TypeError):
            raise problems.fatal(where, f"has no encoding {excerpt(encoding)}", "Name one such as cp1252.") from None
    by_mark = next((each for mark, each in _BOMS if data.startswith(mark)), None)
    encoding = by_mark or encoding or _encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        found = f"byte 0x{data[exc.start]:02X}, line {line}" if encoding.startswith("utf-8") else f"line {line}"
        raise problems.fatal(
            where,
            f"is not valid {encoding.removesuffix('-sig').upper()} text ({found})",
            "Save it as UTF-8 (in Excel 'Save as', 'CSV UTF-8'), or name its encoding: --encoding cp1252, or "
            "encoding='cp1252'.",
        ) from exc


def _other_kind(data: bytes) -> tuple[str, str] | None:
    """What is wrong with a file that is none of text: (problem, action)."""
    head = data[:512]
    if head.startswith(b"PK\x03\x04"):
        for sign, what, action in _ZIPPED:
            if sign in data[:4_096] or sign in data[-65_536:]:
                return f"is {what}, whatever its name says", action
        return "is a ZIP archive, whatever its name says", "Unpack it first."
    for sign, what, action in _KINDS:
        if head.startswith(sign):
            return f"is {what}, whatever its name says", action
    text = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return (
            "is a web page, perhaps the one where you sign in",
            "Download the file again while you are signed in, and open it before you load it.",
        )
    return None


_ZIPPED = (
    (b"xl/", "an Excel workbook", "Name it .xlsx."),
    (b"word/", "a Word document", "Copy its tickets into a table: Excel, or CSV UTF-8."),
    (b"spreadsheet", "an OpenDocument spreadsheet", "Save it as Excel (.xlsx) or CSV UTF-8."),
    (b"opendocument", "an OpenDocument file", "Save its table as CSV UTF-8."),
)
_KINDS = (
    (b"\xd0\xcf\x11\xe0", "a file of an old Office program", "Save it as an Excel workbook (.xlsx) or CSV UTF-8."),
    (b"%PDF", "a PDF file", "Export the tickets as a table instead."),
    (b"{\\rtf", "a rich text file", "Save it as plain text."),
    (b"\x1f\x8b", "a gzip file", "Unpack it first."),
    (b"SQLite format 3", "a database", "Name the batch file, not the file of the state."),
    (b"\x89PNG", "an image", "Name a file with tickets."),
)


def _encoding(data: bytes) -> str:
    # Without a mark: every format begins with an ASCII character, whose other byte is then zero.
    if data[1:2] == b"\0" and data[0:1] != b"\0":
        return "utf-16-le"
    if data[0:1] == b"\0" and data[1:2] != b"\0":
        return "utf-16-be"
    return "utf-8"


def _unreachable(path: Path, problems: Problems, exc: OSError | ValueError, where: str = "") -> BatchFileError:
    match exc:
        case FileNotFoundError():
            return problems.fatal(where, "there is no such file", _nearest(path))
        case PermissionError():
            return problems.fatal(where, "permission to read it is missing", "Change its permissions, or copy it.")
        case OSError():
            return problems.fatal(where, f"cannot be read ({exc.strerror or exc})")
        case _:  # a NUL in the name
            return problems.fatal(where, "is no possible name of a file")


def _nearest(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return "Check the name and the folder."
    near = get_close_matches(path.name, names, n=1)
    return f"Did you mean {path.with_name(near[0])}?" if near else "Check the name and the folder."

"""Gets the text out of a batch file, whatever the editor that saved it."""

import codecs
import os
import stat
from difflib import get_close_matches
from pathlib import Path

from jira_session_export._batch.raw import Problems
from jira_session_export.errors import BatchFileError

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
    try:
        with path.open("rb") as file:
            # As much as it has: Python takes the memory for all that is asked for, before it reads.
            data = file.read(min(problems.bytes_left, os.fstat(file.fileno()).st_size) + 1)
    except OSError as exc:
        raise _unreachable(path, problems, exc, where) from exc
    problems.count_bytes(len(data), where)
    encoding = _encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        found = f"byte 0x{data[exc.start]:02X}, line {line}" if encoding.startswith("utf-8") else f"line {line}"
        raise problems.fatal(
            where,
            f"is not valid {encoding.removesuffix('-sig').upper()} text ({found})",
            "Save it as UTF-8; in Excel that is 'Save as', 'CSV UTF-8'.",
        ) from exc


def _encoding(data: bytes) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding
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

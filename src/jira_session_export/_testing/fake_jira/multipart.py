"""Reads `multipart/form-data`, byte for byte."""

import re
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value


class MultipartError(Exception):
    """The body is not what its type says. `is_other_type`: the type is not multipart at all."""

    def __init__(self, message: str, *, is_other_type: bool = False) -> None:
        super().__init__(message)
        self.is_other_type = is_other_type


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `filename` is empty for a part that is no file; `content_type` is None when it names none."""

    name: str
    filename: str
    content_type: str | None
    content: bytes


def read_parts(content_type: str, body: bytes) -> list[Part]:
    """The parts of a body.

    Raises:
        MultipartError: another content type, no boundary, or a body that ends too early.
    """
    header = Message()
    header["content-type"] = content_type
    if header.get_content_type() != "multipart/form-data":
        raise MultipartError(content_type, is_other_type=True)
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str):
        raise MultipartError("no boundary")
    chunks = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if not chunks[-1].startswith(b"--"):
        raise MultipartError("the closing boundary is missing")
    return [_part(chunk) for chunk in chunks[1:-1]]


def _part(chunk: bytes) -> Part:
    head, separator, content = chunk.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not separator:
        raise MultipartError("a part without headers")
    header = Message()
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        header[name] = value.strip()
    field, filename = (
        header.get_param(each, "", "content-disposition", unquote=False) for each in ("name", "filename")
    )
    media_type = header.get("content-type")
    return Part(_text(field), _text(filename), media_type if isinstance(media_type, str) else None, content)


def _text(value: object) -> str:
    """A header parameter's value, whether plain or in RFC 2231's encoding; nothing when it is absent.

    The quotes are removed here: Python's way to do it takes the brackets of `<log>` for quotes as well.
    """
    if isinstance(value, tuple):
        value = collapse_rfc2231_value(value)
    if not isinstance(value, str):
        return ""
    if len(value) > 1 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value

from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path

import pytest

from jira_session_export._jira.upload import PIECE, Upload, UploadSourceError


async def sent(upload: Upload) -> bytes:
    async with upload.opened() as content:
        return content if isinstance(content, bytes) else b"".join([piece async for piece in content])


async def test_a_file_is_read_piece_by_piece_and_as_often_as_needed(tmp_path: Path) -> None:
    content = b"x" * (2 * PIECE + 7)
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    upload = await Upload.of(path, "a.bin", None, boundary="b0")
    async with upload.opened() as stream:
        pieces = [piece async for piece in stream]
    assert max(map(len, pieces)) == PIECE
    assert b"".join(pieces) == await sent(upload)
    assert len(b"".join(pieces)) == int(upload.headers["Content-Length"])
    assert await sent(await Upload.of(content, "a.bin", None, boundary="b0")) == b"".join(pieces)


@pytest.mark.parametrize(
    ("filename", "media_type", "shown_type"),
    [
        ("a.png", None, "image/png"),
        ("a.png", "application/x-own", "application/x-own"),
        ("no suffix", None, "application/octet-stream"),
        ("Überblick 🚀.txt", None, "text/plain"),
        ("a.png", "image/png\r\nX-Evil: 1", "image/png X-Evil: 1"),
    ],
)
async def test_the_part_is_named_file(filename: str, media_type: str | None, shown_type: str) -> None:
    upload = await Upload.of(b"bytes\r\n", filename, media_type, boundary="b0")
    head = f"Content-Type: {upload.headers['Content-Type']}\r\n\r\n".encode()
    message = message_from_bytes(head + await sent(upload), policy=HTTP)
    (part,) = message.iter_parts()
    assert part["content-disposition"].params["name"] == "file"
    assert f'filename="{filename}"'.encode() in upload.head
    assert f"Content-Type: {shown_type}\r\n\r\n".encode() in upload.head
    assert part.get_payload(decode=True) == b"bytes\r\n"
    assert part["x-evil"] is None


async def test_a_file_name_cannot_break_out_of_its_header() -> None:
    upload = await Upload.of(b"", 'a"; name="b\r\nX-Evil: 1\ud800.png', None, boundary="b0")
    assert upload.head.count(b"\r\n") == 4
    assert b'filename="a%22; name=%22b%0D%0AX-Evil: 1?.png"' in upload.head


async def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UploadSourceError) as caught:
        await Upload.of(tmp_path / "none", "a", None, boundary="b0")
    assert caught.value.strerror
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    upload = await Upload.of(path, "a", None, boundary="b0")
    path.unlink()
    with pytest.raises(UploadSourceError):
        await sent(upload)
    path.mkdir()
    with pytest.raises(UploadSourceError):
        await sent(upload)


async def test_a_file_that_changes_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    upload = await Upload.of(path, "a", None, boundary="b0")
    path.write_bytes(b"abcdef")
    assert b"abcdef" not in await sent(upload)
    path.write_bytes(b"a")
    with pytest.raises(UploadSourceError):
        await sent(upload)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file whose reading fails")
async def test_a_file_that_fails_while_it_is_read() -> None:
    upload = Upload(Path("/proc/self/mem"), 10, "b0", b"")
    with pytest.raises(UploadSourceError) as caught:
        await sent(upload)
    assert caught.value.strerror

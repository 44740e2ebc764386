import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._jira.body import Body, BodyTooLargeError, BodyUnreadableError


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED = {
    "": lambda data: data,
    "identity": lambda data: data,
    "gzip": gzip.compress,
    "GZIP ": lambda data: gzip.compress(data[:2]) + gzip.compress(data[2:]),
    "deflate": zlib.compress,
    "deflate bare": bare,
}


@given(st.sampled_from(sorted(PACKED)), st.binary(max_size=300), st.integers(1, 50))
def test_any_body_in_any_pieces(encoding, data, size):
    packed = PACKED[encoding](data)
    body = Body(encoding.removesuffix(" bare"), 1_000)
    for start in range(0, len(packed), size):
        body.take(packed[start : start + size])
    assert body.whole() == data


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_is_given_up_at_its_limit(encoding):
    packed = PACKED[encoding](b"0" * 50_000_000)
    body = Body(encoding, 10_000)
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLargeError, match="more than 10,000 bytes"):
            body.take(packed)
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()


def test_as_much_as_allowed_is_read():
    body = Body("gzip", 10_000)
    body.take(gzip.compress(b"0" * 10_000))
    assert len(body.whole()) == 10_000


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", b"no gzip"),
        ("gzip", gzip.compress(b"x" * 100, mtime=0)[:-4]),
        ("gzip", gzip.compress(b"x", mtime=0) + b"rubbish"),
        ("deflate", b"\xff\xff\xff"),
        ("deflate", zlib.compress(b"x" * 100)[:-2]),
    ],
)
def test_what_cannot_be_decompressed(encoding, data):
    body = Body(encoding, 1_000)
    with pytest.raises(BodyUnreadableError):
        body.take(data) or body.whole()


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x" * 1_000])
def test_what_was_not_asked_for(encoding):
    with pytest.raises(BodyUnreadableError, match="was not asked for"):
        Body(encoding, 1_000)


def test_a_body_that_is_too_large_is_not_kept_by_its_error() -> None:
    """A traceback keeps what its frames hold: ten such answers at a time were 80 MB until the next collection."""
    body = Body("", 1_000)
    body.take(b"x" * 500)
    with pytest.raises(BodyTooLargeError):
        body.take(b"x" * 501)
    assert body.whole() == b""

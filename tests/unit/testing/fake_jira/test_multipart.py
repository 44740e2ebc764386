import pytest
from httpx import Request
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._testing.fake_jira.multipart import MultipartError, read_parts

_NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters='"\\'), min_size=1, max_size=20
)


@given(st.lists(st.tuples(_NAMES, st.binary(max_size=200)), min_size=1, max_size=4))
def test_what_httpx_writes_is_read_back(files: list[tuple[str, bytes]]) -> None:
    request = Request("POST", "https://fake-jira.example", files=[("file", file) for file in files])
    parts = read_parts(request.headers["content-type"], request.read())
    assert [(part.name, part.filename, part.content) for part in parts] == [
        ("file", name, content) for name, content in files
    ]


def test_parts_that_are_no_files() -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    (part,) = read_parts("multipart/form-data; boundary=x", body)
    assert (part.name, part.filename, part.content_type, part.content) == ("a", "", None, b"1")


def test_an_encoded_name() -> None:
    body = b"--x\r\nContent-Disposition: form-data; name=file; filename*=UTF-8''%C3%9F.txt\r\n\r\n1\r\n--x--\r\n"
    assert read_parts('multipart/form-data; boundary="x"', body)[0].filename == "ß.txt"


@pytest.mark.parametrize(
    ("content_type", "body", "is_other_type"),
    [
        ("application/json", b"{}", True),
        ("", b"", True),
        ("multipart/form-data", b"--x--", False),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nno end", False),
        ("multipart/form-data; boundary=x", b"--x\r\nno headers\r\n--x--", False),
        ("multipart/form-data; boundary=x", b"", False),
    ],
)
def test_what_is_no_multipart(content_type: str, body: bytes, is_other_type: bool) -> None:
    with pytest.raises(MultipartError) as caught:
        read_parts(content_type, body)
    assert caught.value.is_other_type is is_other_type


@pytest.mark.parametrize("name", ["<log>", "a;b.txt", "a b.txt", "<", "%22", "x=y", "'a'"])
def test_a_name_arrives_as_it_was_sent(name: str) -> None:
    body = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\nx\r\n--b--\r\n'.encode()
    (part,) = read_parts("multipart/form-data; boundary=b", body)
    assert (part.name, part.filename, part.content) == ("file", name, b"x")

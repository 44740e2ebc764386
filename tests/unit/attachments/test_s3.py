"""What a server in trouble says, in sentences; that S3 works at all is shown by its conformance tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jira_session_export._attachments.protocols import StoredFile
from jira_session_export._attachments.reading import SessionFiles
from jira_session_export._attachments.storing import store_attachments
from jira_session_export._models import Attachment, Session, Ticket
from jira_session_export.errors import (
    AttachmentError,
    AttachmentMissingError,
    AttachmentUnavailableError,
    SettingsError,
)
from jira_session_export.integrations.s3 import S3Attachments

SESSION = UUID(int=1)
PLAN = Attachment(path=Path("plan.pdf"))
HEAD = b'Date: Sat, 28 Nov 2026 22:00:00 GMT\r\nLast-Modified: Sat, 28 Nov 2026 22:00:00 GMT\r\nETag: "1"\r\n'


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def serving(answer: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[S3Attachments]:
    """A server that gives every request this answer, once its head has come."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield S3Attachments(
            "files",
            config={
                "endpoint": f"http://{host}:{port}",
                "access_key_id": "key",
                "secret_access_key": "very-secret",
                "region": "us-east-1",
            },
            client_options={"allow_http": True},
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=5)},
        )


def status(line: str) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    return answer


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def cut_off(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n" + HEAD + b"\r\n" + b"x" * 3_000_000)
    await writer.drain()
    writer.transport.abort()


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (status("404 Not Found"), AttachmentMissingError, "there is no such file"),
        (status("403 Forbidden"), AttachmentMissingError, "access to it is denied"),
        (status("401 Unauthorized"), AttachmentMissingError, "access to it is denied"),
        (status("500 Internal Server Error"), AttachmentUnavailableError, "500"),
        (status("503 Slow Down"), AttachmentUnavailableError, "503"),
        (hang_up, AttachmentUnavailableError, ""),
    ],
)
async def test_answers_that_are_no_file(answer: Any, kind: type[AttachmentError], told: str) -> None:
    async with serving(answer) as storage:
        with pytest.raises(AttachmentError) as caught:
            await storage.stat(SESSION, PLAN)
        assert type(caught.value) is kind
        assert told in caught.value.reason
        assert "plan.pdf cannot be read from s3://files: " in caught.value.user_message
        assert "very-secret" not in str(caught.value)
        with pytest.raises(kind):
            async with storage.open(SESSION, PLAN, StoredFile(1, '"1"')):
                pass


async def test_a_file_that_was_replaced_is_not_sent() -> None:
    async with serving(status("412 Precondition Failed")) as storage:
        with pytest.raises(AttachmentUnavailableError, match="changed while"):
            async with storage.open(SESSION, PLAN, StoredFile(1, '"1"')):
                pass


async def test_an_answer_that_breaks_off() -> None:
    async with serving(cut_off) as storage:
        files = SessionFiles(storage, SESSION)
        with pytest.raises(AttachmentUnavailableError, match=r"plan\.pdf cannot be read from s3://files"):
            async with files.opened(PLAN, StoredFile(9_000_000)) as pieces:
                assert len([piece async for piece in pieces]) < 9


async def test_a_server_that_says_nothing_is_given_up() -> None:
    over = asyncio.Event()

    async def say_nothing(_writer: asyncio.StreamWriter) -> None:
        await over.wait()

    async with serving(say_nothing) as storage:
        files = SessionFiles(storage, SESSION, answer_seconds=0.2)
        with pytest.raises(AttachmentUnavailableError, match="no answer within"):
            await files.stat(PLAN)
        over.set()


async def nothing() -> AsyncIterator[bytes]:
    yield b""


@pytest.mark.parametrize(("line", "told"), [("404 Not Found", "no such bucket"), ("403 Forbidden", "access")])
async def test_where_no_file_is_looked_for_waiting_may_help(line: str, told: str) -> None:
    async with serving(status(line)) as storage:
        for asked in (storage.check(), storage.sessions(older_than=datetime.now(UTC))):
            with pytest.raises(AttachmentUnavailableError, match=f"^Files cannot be read from s3://files: .*{told}"):
                await asked
        with pytest.raises(AttachmentUnavailableError, match=f"^{SESSION} cannot be removed from s3://files: .*{told}"):
            await storage.remove(SESSION)
        with pytest.raises(AttachmentUnavailableError, match=f"^plan.pdf cannot be kept in s3://files: .*{told}"):
            await storage.put(SESSION, "plan.pdf", nothing())


async def test_a_wrong_key_is_told_from_a_right_that_is_missing() -> None:
    async def refuse(writer: asyncio.StreamWriter) -> None:
        body = b"<Error><Code>SignatureDoesNotMatch</Code><Message>x</Message></Error>"
        head = f"HTTP/1.1 403 Forbidden\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)

    async with serving(refuse) as storage:
        with pytest.raises(AttachmentUnavailableError, match=r"denied \(SignatureDoesNotMatch\)\."):
            await storage.check()
        with pytest.raises(AttachmentMissingError, match=r"denied \(SignatureDoesNotMatch\)\."):
            async with storage.open(SESSION, PLAN, StoredFile(1)):
                pass


async def test_a_look_is_one_request_however_many_files_there_are(s3_config: dict[str, Any]) -> None:
    requests: list[bytes] = []
    backend = s3_config["config"]["endpoint"].rpartition("/")[2].split(":")

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        requests.append(head)
        there, back = await asyncio.open_connection(backend[0], int(backend[1]))
        back.write(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        answer = await there.read()
        assert b"<KeyCount>0</KeyCount>" in answer
        writer.write(answer)
        await writer.drain()
        writer.close()
        back.close()

    config = s3_config["config"]
    storage = S3Attachments("files", config=config, client_options=s3_config["client_options"])
    await storage.put(SESSION, "plan.pdf", nothing())
    async with await asyncio.start_server(relay, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        config = {**config, "endpoint": f"http://{host}:{port}"}
        await S3Attachments("files", config=config, client_options=s3_config["client_options"]).check()
    assert [head.split(b" ")[0] for head in requests] == [b"GET"]


async def test_what_breaks_the_source_is_not_the_buckets_fault(s3_config: dict[str, Any]) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"x"
        raise FileNotFoundError(2, "No such file or directory", "plan.pdf")

    storage = S3Attachments("files", config=s3_config["config"], client_options=s3_config["client_options"])
    with pytest.raises(FileNotFoundError, match=r"plan\.pdf"):
        await storage.put(SESSION, "plan.pdf", content())


async def test_a_file_that_is_gone_before_it_is_kept_is_not_the_buckets_fault(
    tmp_path: Path, s3_config: dict[str, Any]
) -> None:
    session = Session(
        id=SESSION,
        project_key="DEMO",
        tickets=(Ticket(id=UUID(int=2), order=1, title="Plan", attachments=(Attachment(path=tmp_path / "gone.pdf"),)),),
    )
    storage = S3Attachments("files", config=s3_config["config"], client_options=s3_config["client_options"])
    with pytest.raises(AttachmentMissingError, match=r"gone\.pdf cannot be read: No such file"):
        await store_attachments(session, storage)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "very-secret", "REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    return monkeypatch


async def test_an_endpoint_without_tls_by_the_environment(environment: pytest.MonkeyPatch) -> None:
    async with serving(status("404 Not Found")) as server:
        environment.setenv("AWS_ENDPOINT_URL", str(server._store.config["endpoint"]))
        with pytest.raises(AttachmentUnavailableError, match="AWS_ALLOW_HTTP=true"):
            await S3Attachments("files").stat(SESSION, PLAN)
        environment.setenv("AWS_ALLOW_HTTP", "true")
        with pytest.raises(AttachmentMissingError, match="no such file"):
            await S3Attachments("files").stat(SESSION, PLAN)
        with pytest.raises(AttachmentUnavailableError, match="AWS_ALLOW_HTTP"):  # what the program says goes before it
            await S3Attachments("files", client_options={"allow_http": False}).stat(SESSION, PLAN)


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [
        ("http://127.0.0.1:1", "http://127.0.0.1:1 does not answer: Connection refused"),
        ("https://me:very-secret@127.0.0.1:1", "https://***@127.0.0.1:1 does not answer: Connection refused"),
    ],
)
async def test_a_server_that_is_not_there_is_told_in_few_words(
    environment: pytest.MonkeyPatch, endpoint: str, told: str
) -> None:
    environment.setenv("AWS_ENDPOINT_URL", endpoint)
    environment.setenv("AWS_ALLOW_HTTP", "true")
    storage = S3Attachments("files", retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=5)})
    with pytest.raises(AttachmentUnavailableError) as caught:
        await storage.check()
    assert caught.value.reason == told


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("AWS_ALLOW_HTTP", "maybe", "AWS_ALLOW_HTTP='maybe' is neither true nor false."),
        ("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "2", "AWS_VIRTUAL_HOSTED_STYLE_REQUEST='2' is neither true nor false."),
        ("AWS_CONNECT_TIMEOUT", "5", "AWS_CONNECT_TIMEOUT='5' is no duration."),
        ("AWS_CHECKSUM_ALGORITHM", "md4", 'Attachments cannot be kept at s3://files: .*"md4" is not a valid checksum'),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(
    environment: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{told}"):
        S3Attachments("files")


@pytest.mark.parametrize("value", ["true", "TRUE", "1", "yes", "on", "y", " true "])
async def test_flags_are_read_as_obstore_reads_them(environment: pytest.MonkeyPatch, value: str) -> None:
    async with serving(status("404 Not Found")) as server:
        environment.setenv("AWS_ENDPOINT_URL", str(server._store.config["endpoint"]))
        environment.setenv("AWS_ALLOW_HTTP", value)
        with pytest.raises(AttachmentMissingError, match="no such file"):
            await S3Attachments("files").stat(SESSION, PLAN)


@pytest.mark.parametrize("endpoint", ["http://maria:very-secret@127.0.0.1:1", "http://bad host:1"])
async def test_a_wrong_endpoint_is_told_without_what_is_secret(environment: pytest.MonkeyPatch, endpoint: str) -> None:
    environment.setenv("AWS_ENDPOINT_URL", endpoint)
    environment.setenv("AWS_ALLOW_HTTP", "true")
    storage = S3Attachments("files", retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=5)})
    with pytest.raises(AttachmentUnavailableError) as caught:
        await storage.stat(SESSION, PLAN)
    assert "very-secret" not in str(caught.value)
    assert "Debug" not in str(caught.value)
    assert "\n" not in caught.value.reason

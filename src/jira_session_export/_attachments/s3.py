"""Files of tickets in S3, or in what speaks its protocol (extra `s3`)."""

import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import UUID

import obstore
from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from jira_session_export._attachments.files import CHANGED, Source, checked_path, is_uuid, stored_path
from jira_session_export._attachments.protocols import StoredFile
from jira_session_export._envconfig import s3_client_options, s3_variables
from jira_session_export._models import Attachment
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export.errors import (
    AttachmentError,
    AttachmentMissingError,
    AttachmentPathError,
    AttachmentUnavailableError,
    SettingsError,
)

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

PIECE = 1 << 20
"""Bytes of a piece, at least."""
PART = 5 << 20
"""Bytes of a part of what is kept: the least that S3 takes. Memory holds as many as `PARTS_AT_ONCE` and one more."""
PARTS_AT_ONCE = 2
_NO_SUCH_FILE = "there is no such file"
_NO_SUCH_BUCKET = "there is no such bucket"
_BAD_SCHEME = "builder error"
_OF_A_MACHINES_ROLE = ("/latest/api/token", "/latest/meta-data/")
_DENIED = "access to it is denied"
_REFUSED = {"404": _NO_SUCH_BUCKET, "403": _DENIED, "401": _DENIED}
"""What a status means where a request is not about one file."""
_REFUSALS = (PermissionDeniedError, UnauthenticatedError, PermissionError)
_CODE = re.compile(r"<Code>(\w+)</Code>")
"""What S3 says of a request that it refuses, for example `SignatureDoesNotMatch`."""
_PLAIN_CODES = {"AccessDenied", "NoSuchBucket", "NoSuchKey"}
_KINDS = {
    "boolean": ("neither true nor false", "true or false"),
    "Duration": ("no duration", "a number with a unit, for example 30s or 5m"),
}
_UNREAD = re.compile(rf'failed to parse "(?P<value>[^"]*|"[^"]*")" as (?P<kind>{"|".join(_KINDS)})')
_REQUEST = re.compile(r"Error performing [A-Z]+ (?P<server>https?://[^/\s]+)\S* in .*? - (?P<outcome>.+)")
_NOT_SENT = "HTTP error: error sending request"
_CAUSE = re.compile(r'\b(?:message|error): "([^"]+)"')
"""What the system said, in obstore's debugging words: `Connection refused`, or that a name is not known."""
_USER_IN_ADDRESS = re.compile(r"//[^/@\s]*@")


class S3Attachments:
    """Keeps files in a bucket; asyncio only.

    Paths of tickets are counted from the prefix. Endpoint, region and credentials are those of the environment, by
    their usual names (`AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    `AWS_SESSION_TOKEN`, the metadata of an instance or a container); `config` goes before them. So are the ways of
    the HTTP client: `AWS_ALLOW_HTTP`, `AWS_ALLOW_INVALID_CERTIFICATES`, `AWS_PROXY_URL`, `AWS_PROXY_CA_CERTIFICATE`,
    `AWS_PROXY_EXCLUDES`, `AWS_CONNECT_TIMEOUT` and `AWS_TIMEOUT`; `client_options` goes before these.

    Args:
        bucket: its name.
        prefix: what every key begins with; empty for none.
        config: of obstore's `S3Store`, for example `{"endpoint": "https://minio.example.com"}`.
        client_options: of obstore's HTTP client.
        retry_config: how obstore repeats requests that failed on the way or with a 5xx; up to three times when None.

    Raises:
        SettingsError: the configuration cannot be used.
    """

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "",
        config: "S3Config | None" = None,
        client_options: "ClientConfig | None" = None,
        retry_config: "RetryConfig | None" = None,
        runtime: Runtime = SYSTEM_RUNTIME,
    ) -> None:
        self.place: str = f"s3://{bucket}/{prefix}".rstrip("/")
        self._runtime = runtime
        # No limit for the whole of a request: a large file takes as long as it takes, byte for byte within the limit.
        waits: ClientConfig = {"connect_timeout": "5s", "read_timeout": "30s", "timeout": "12h"}
        environment = cast("ClientConfig", s3_client_options())
        retries: RetryConfig = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}
        try:
            self._store = S3Store(
                bucket,
                prefix=prefix or None,
                config=config,
                client_options={**waits, **environment, **(client_options or {})},
                retry_config=retry_config or retries,
            )
        except (BaseError, ValueError) as exc:
            raise _setup_error(exc, self.place) from exc

    def __repr__(self) -> str:
        return f"S3Attachments({self.place!r})"

    async def check(self) -> None:
        """See `AttachmentStorage`. Takes the right to list the bucket (`s3:ListBucket`)."""
        with self._in_words(""):
            # Of a session that there cannot be: one request, whose answer is empty however many files there are.
            async for _ in obstore.list(self._store, prefix=str(UUID(int=0))):
                pass

    async def stat(self, session_id: UUID, attachment: Attachment) -> StoredFile:  # noqa: ARG002
        """See `AttachmentOpener`."""
        path = checked_path(attachment, self.place)
        with self._about_the_file(path):
            found = await obstore.head_async(self._store, path)
        return StoredFile(found["size"], found["e_tag"] or "")

    @asynccontextmanager
    async def open(
        self,
        session_id: UUID,  # noqa: ARG002
        attachment: Attachment,
        stored: StoredFile,
    ) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """See `AttachmentOpener`."""
        path = checked_path(attachment, self.place)
        with self._about_the_file(path):
            options: Any = {"if_match": stored.version} if stored.version else None
            got = await obstore.get_async(self._store, path, options=options)
        yield self._pieces(got, path)

    async def _pieces(self, got: Any, path: str) -> AsyncIterator[bytes]:
        with self._about_the_file(path):
            async for piece in got.stream(min_chunk_size=PIECE):
                yield bytes(piece)

    async def put(self, session_id: UUID, name: str, content: AsyncIterable[bytes]) -> str:
        """See `AttachmentStorage`."""
        path = stored_path(session_id, self._runtime.new_id(), name)
        source = Source(content)
        try:
            with self._in_words(name, "kept"):
                await obstore.put_async(
                    self._store, path, source, use_multipart=True, chunk_size=PART, max_concurrency=PARTS_AT_ONCE
                )
        except Exception:
            if source.broken is not None:
                raise source.broken from None
            raise
        return path

    async def remove(self, session_id: UUID, *, keep: Collection[str] = ()) -> None:
        """See `AttachmentStorage`."""
        with self._in_words(str(session_id), "removed"):
            async for some in obstore.list(self._store, prefix=str(session_id), chunk_size=1000):
                if gone := [each["path"] for each in some if each["path"] not in keep]:
                    await obstore.delete_async(self._store, gone)

    async def sessions(self, *, older_than: datetime) -> Collection[UUID]:
        """See `AttachmentStorage`."""
        youngest: dict[UUID, datetime] = {}
        with self._in_words(""):
            async for some in obstore.list(self._store, chunk_size=1000):
                for each in some:
                    name, at = each["path"].partition("/")[0], each["last_modified"]
                    if is_uuid(name):
                        youngest[UUID(name)] = max(at, youngest.get(UUID(name), at))
        return [session_id for session_id, at in youngest.items() if at < older_than]

    @contextmanager
    def _about_the_file(self, path: str) -> Iterator[None]:
        with self._in_words(path, missing=_NO_SUCH_FILE, absent=AttachmentMissingError):
            try:
                yield
            except (InvalidPathError, ValueError) as exc:  # ValueError: no key at all
                raise AttachmentPathError("its path names no object", path=path, place=self.place) from exc
            except PreconditionError as exc:
                raise AttachmentUnavailableError(CHANGED, path=path, place=self.place) from exc

    @contextmanager
    def _in_words(
        self,
        path: str,
        action: Literal["read", "kept", "removed"] = "read",
        *,
        missing: str = _NO_SUCH_BUCKET,
        absent: type[AttachmentError] = AttachmentUnavailableError,
    ) -> Iterator[None]:
        """Raise what obstore raises in the block as an `AttachmentError`.

        Args:
            missing: what is said when something is not there.
            absent: the error for that, and where access is denied. Where it is about the bucket, waiting may help.
        """

        def error(kind: type[AttachmentError], reason: str) -> AttachmentError:
            return kind(reason, path=path, place=self.place, action=action)

        try:
            yield
        except (NotFoundError, FileNotFoundError) as exc:
            raise error(absent, missing) from exc
        except _REFUSALS as exc:
            raise error(absent, _with_code(_DENIED, str(exc))) from exc
        except Exception as exc:
            if not _is_of_the_client(exc):
                raise
            raise error(AttachmentUnavailableError, _reason(exc)) from exc


def _setup_error(exc: Exception, place: str) -> SettingsError:
    """What is wrong with the configuration, with the variable that it comes from."""
    if (unread := _UNREAD.search(str(exc))) and (names := " or ".join(s3_variables(unread["value"]))):
        problem, wanted = _KINDS[unread["kind"]]
        return SettingsError(
            f"{names}={unread['value']!r} is {problem}.", recovery_actions=[f"Set {names} to {wanted}."]
        )
    return SettingsError(
        f"Attachments cannot be kept at {place}: {_reason(exc)}.",
        recovery_actions=["Check the variables AWS_…, above all AWS_ENDPOINT_URL, AWS_REGION and AWS_PROXY_URL."],
    )


def _is_of_the_client(exc: Exception) -> bool:
    """Whether obstore has raised it. RustPanic has no name to be imported by."""
    return isinstance(exc, (BaseError, OSError)) or type(exc).__name__ == "RustPanic"


def _with_code(reason: str, said: str) -> str:
    """The reason, with S3's own word for it where that says more: a wrong key is refused as a missing right is."""
    code = _CODE.search(said)
    return f"{reason} ({code[1]})" if code and code[1] not in _PLAIN_CODES else reason


def _reason(exc: Exception) -> str:
    """What obstore says, on one line of moderate length; it names addresses, no credentials."""
    if type(exc).__name__ == "RustPanic":  # for example an endpoint that is no address
        return "the client of S3 broke down; the address of the bucket or the endpoint may be wrong"
    said = " ".join(str(exc).partition("Debug source:")[0].split())
    if _BAD_SCHEME in said and "http://" in said:
        return "the endpoint has no TLS (http://), which takes AWS_ALLOW_HTTP=true"
    if any(path in said for path in _OF_A_MACHINES_ROLE):
        return "there are no credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are unset, and no role was found"
    if (status := said.partition("non-2xx status code: ")[2][:3]) in _REFUSED:
        return _with_code(_REFUSED[status], said)
    if request := _REQUEST.search(said):  # what was asked, and how often, says nothing more
        said = f"{request['server']}: {request['outcome']}"
        if request["outcome"] == _NOT_SENT:
            cause = _CAUSE.search(str(exc))
            said = f"{request['server']} does not answer" + (f": {cause[1]}" if cause else "")
    return _USER_IN_ADDRESS.sub("//***@", said)[:300].rstrip(".: ")

"""What a machine's proxies and certificates do to the client: one clear message each, which names what to set."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
import trustme
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.tls import TLSStream

from jira_session_export._jira.environment import proxy_for, trusted_certificates
from jira_session_export._jira.http import HttpSettings
from jira_session_export._values import ErrorCategory
from jira_session_export.errors import NotSentError, SettingsError
from jira_session_export.jira import ApiTokenAuth, JiraClient, RetryPolicy

SITE = "https://demo.atlassian.net"
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir")
ONCE = RetryPolicy(max_attempts=1)
BODY = b'{"accountId":"5b","displayName":"Ann"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def client_for(url: str = SITE, http: HttpSettings | None = None) -> JiraClient:
    return JiraClient(url, ApiTokenAuth("me@example.com", "t"), retry=ONCE, http=http or HttpSettings())


@asynccontextmanager
async def serving(handle: Callable[[SocketStream], Awaitable[None]]) -> AsyncIterator[int]:
    (listener,) = (await anyio.create_tcp_listener(local_host="127.0.0.1")).listeners
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        yield listener.extra(SocketAttribute.local_port)
        group.cancel_scope.cancel()


# -- what can be told before anything is sent


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("ftp://me:PLANTED@proxy:21", "must begin with one of"),
        ("socks://proxy:1080", "must begin with one of"),
        ("http://me:PLANTED@", "must begin with one of"),
        ("http://", "must begin with one of"),
        ("http://proxy:PLANTED", "no address"),
        ("http://proxy:99999", "no address"),
        ("http://[::1:PLANTED", "no address"),
    ],
)
@pytest.mark.parametrize("source", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HttpSettings.proxy"])
def test_an_address_that_is_none_of_a_proxy(
    address: str, why: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    http = HttpSettings()
    if source.startswith("Http"):
        http = HttpSettings(proxy=address)
    else:
        monkeypatch.setenv(source, address)
    with pytest.raises(SettingsError) as caught:
        client_for(http=http)
    assert f"The proxy that {source} names cannot be used" in caught.value.user_message
    assert why in caught.value.user_message
    assert source in caught.value.recovery_actions[0]
    assert "PLANTED" not in str(caught.value)


def test_a_host_that_is_exempt_does_not_mind_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://")
    monkeypatch.setenv("NO_PROXY", "demo.atlassian.net")
    client_for()


def test_socks_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://me:PLANTED@proxy:1080")
    client_for()
    monkeypatch.setitem(__import__("sys").modules, "socksio", None)
    with pytest.raises(SettingsError) as caught:
        client_for()
    assert "socks5://proxy:1080 (set by ALL_PROXY)" in caught.value.user_message
    assert "jira-session-export[socks]" in caught.value.recovery_actions[0]
    assert "PLANTED" not in str(caught.value)


def test_a_proxy_is_named_without_its_credentials() -> None:
    proxy = proxy_for(SITE, HttpSettings(proxy="http://me:PLANTED@proxy:3128"))
    assert proxy is not None
    assert proxy.named == "http://proxy:3128 (set by HttpSettings.proxy)"
    assert "PLANTED" not in repr(proxy)


@pytest.mark.parametrize(
    ("variable", "content", "why"),
    [
        ("SSL_CERT_FILE", None, "no such file"),
        ("SSL_CERT_FILE", "", "no PEM certificates"),
        ("SSL_CERT_FILE", "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n", "no PEM certificates"),
        ("SSL_CERT_DIR", None, "no such file"),
        ("SSL_CERT_DIR", "", "not a directory"),
    ],
)
def test_certificates_that_cannot_be_read(
    variable: str, content: str | None, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "authority.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv(variable, str(path))
    with pytest.raises(SettingsError) as caught:
        client_for()
    assert f"{variable} names '{path}'" in caught.value.user_message
    assert why in caught.value.user_message
    assert variable in caught.value.recovery_actions[0]
    if variable == "SSL_CERT_FILE":
        with pytest.raises(SettingsError, match=r"HttpSettings\.ca_file"):
            client_for(http=HttpSettings(ca_file=path))
    client_for(http=HttpSettings(use_environment=False))


def test_which_certificates_go_before_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = tmp_path / "authority.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    context = ssl.create_default_context()
    assert trusted_certificates(HttpSettings(ssl_context=context)) is context
    assert trusted_certificates(HttpSettings(ca_file=authority)) is not None
    assert trusted_certificates(HttpSettings(use_environment=False)) is None
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert trusted_certificates(HttpSettings()) is not None


# -- what shows when something is sent


@pytest.mark.parametrize("url", ["https://jira.invalid", "http://jira.localhost:1"])
async def test_a_dead_proxy_is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTPS_PROXY", "http_proxy"):
        monkeypatch.setenv(variable, "http://me:PLANTED@127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    async with client_for(url) as client:
        with pytest.raises(NotSentError) as caught:
            await client.myself()
    variable = "HTTPS_PROXY" if url.startswith("https") else "http_proxy"
    assert f"the proxy could not be reached (http://127.0.0.1:1 (set by {variable}))" in caught.value.user_message
    assert "NO_PROXY" in caught.value.recovery_actions[0]
    assert "PLANTED" not in str(caught.value)


async def test_a_proxy_that_wants_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    async with serving(refuse) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        async with client_for() as client:
            with pytest.raises(NotSentError) as caught:
                await client.myself()
    assert "407 Proxy Authentication Required" in caught.value.user_message
    assert f"http://127.0.0.1:{port} (set by HTTPS_PROXY)" in caught.value.user_message
    assert "credentials" in caught.value.recovery_actions[0]


@asynccontextmanager
async def tls_site(authority: trustme.CA, *names: str) -> AsyncIterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)

    async def answer(stream: SocketStream) -> None:
        async with stream:
            try:
                tls = await TLSStream.wrap(stream, server_side=True, ssl_context=context, standard_compatible=False)
                await tls.receive()
                await tls.send(ANSWER)
            except (ssl.SSLError, anyio.BrokenResourceError, anyio.EndOfStream):
                pass

    async with serving(answer) as port:
        yield f"https://localhost:{port}"


async def test_a_certificate_of_an_unknown_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    async with tls_site(authority, "localhost") as url:
        async with client_for(url) as client:
            with pytest.raises(NotSentError) as caught:
                await client.myself()
        assert "is not trusted (" in caught.value.user_message
        assert "SSL_CERT_FILE" in caught.value.recovery_actions[0]
        assert caught.value.category is ErrorCategory.ADMIN_REQUIRED
        authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        async with client_for(url) as client:
            assert (await client.myself()).display_name == "Ann"
        monkeypatch.delenv("SSL_CERT_FILE")
        async with client_for(url, HttpSettings(ca_file=tmp_path / "authority.pem")) as client:
            assert (await client.myself()).account_id == "5b"


async def test_a_certificate_of_another_host(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    http = HttpSettings(ca_file=tmp_path / "authority.pem")
    async with tls_site(authority, "other.example") as url, client_for(url, http) as client:
        with pytest.raises(NotSentError) as caught:
            await client.myself()
    assert "localhost" in caught.value.user_message


async def test_a_port_that_speaks_no_tls() -> None:
    async def plain(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with serving(plain) as port, client_for(f"https://localhost:{port}") as client:
        with pytest.raises(NotSentError) as caught:
            await client.myself()
    assert "speaks no TLS" in caught.value.user_message
    assert caught.value.category is ErrorCategory.ADMIN_REQUIRED

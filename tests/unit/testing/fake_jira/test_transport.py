import anyio
import httpx
import pytest
from tests.unit.testing.fake_jira.conftest import client_of, create_body

from jira_session_export._testing.fake_jira.faults import FaultKind
from jira_session_export.testing import FakeJira, FakeRuntime, Fault, Latency, faults

_CREATE = ("POST", "/issue")


@pytest.mark.parametrize(
    ("kind", "error", "created", "seconds"),
    [
        (faults.refuse_connection(), httpx.ConnectError, 0, 0),
        (faults.connect_timeout(), httpx.ConnectTimeout, 0, 5),
        (faults.pool_timeout(), httpx.PoolTimeout, 0, 5),
        (faults.drop_before(), httpx.RemoteProtocolError, 0, 0),
        (faults.drop_after_commit(), httpx.RemoteProtocolError, 1, 0),
        (faults.reset(), httpx.ReadError, 0, 0),
        (faults.reset(after_commit=True), httpx.ReadError, 1, 0),
        (faults.timeout_before(), httpx.ReadTimeout, 0, 5),
        (faults.timeout_after_commit(), httpx.ReadTimeout, 1, 5),
        (faults.truncated(), httpx.RemoteProtocolError, 1, 0),
        (faults.slow(60), httpx.ReadTimeout, 0, 5),
        (faults.late_commit(60), httpx.RemoteProtocolError, 0, 0),
    ],
    ids=lambda value: value.name if isinstance(value, FaultKind) else None,
)
async def test_a_broken_connection(
    kind: FaultKind, error: type[Exception], created: int, seconds: float, fake: FakeJira, runtime: FakeRuntime
) -> None:
    fake.faults.add(Fault(_CREATE, kind))
    async with client_of(fake, timeout=5) as client:
        with pytest.raises(error) as caught:
            await client.post("/rest/api/3/issue", json=create_body())
    assert caught.type is error
    assert len(fake.issues) == created
    assert runtime.monotonic() == seconds
    fake.faults.assert_all_used()


@pytest.mark.parametrize(
    ("kind", "status", "body", "created"),
    [
        (faults.status(503), 503, b'{"errorMessages":["Service Unavailable"],"errors":{}}', 0),
        (faults.status(500, after_commit=True), 500, b'{"errorMessages":["Internal Server Error"],"errors":{}}', 1),
        (faults.status(409, {"a": 1}, headers={"x": "y"}), 409, b'{"a":1}', 0),
        (faults.empty(401), 401, b"", 0),
        (faults.empty(201, after_commit=True), 201, b"", 1),
        (faults.bad_json(), 201, b'{"id":"10', 1),
    ],
    ids=lambda value: value.name if isinstance(value, FaultKind) else None,
)
async def test_a_wrong_answer(kind: FaultKind, status: int, body: bytes, created: int, fake: FakeJira) -> None:
    fake.faults.add(Fault(_CREATE, kind))
    async with client_of(fake) as client:
        answer = await client.post("/rest/api/3/issue", json=create_body())
    assert (answer.status_code, answer.content, len(fake.issues)) == (status, body, created)
    assert (fake.requests[0].fault, fake.requests[0].carried_out) == (kind.name, bool(created))


async def test_a_page_of_html(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.faults.add(Fault(("GET", "/myself"), faults.html_body(502)))
    answer = await client.get("/rest/api/3/myself")
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html;charset=UTF-8")
    assert answer.text.startswith("<!DOCTYPE html>")


async def test_a_rate_limit(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.faults.add(Fault(_CREATE, faults.rate_limit("jira-quota-tenant-based", retry_after=17)))
    answer = await client.post("/rest/api/3/issue", json=create_body())
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "17")
    assert not fake.issues


async def test_a_slow_answer_in_time(fake: FakeJira, runtime: FakeRuntime) -> None:
    fake.faults.add(Fault(_CREATE, faults.slow(4)))
    async with client_of(fake, timeout=5) as client:
        assert (await client.post("/rest/api/3/issue", json=create_body())).status_code == 201
    assert runtime.monotonic() == 4


@pytest.mark.parametrize("kind", [faults.slow(60), faults.late_commit(60)])
async def test_a_request_takes_effect_after_its_client_gave_up(
    kind: FaultKind, fake: FakeJira, runtime: FakeRuntime
) -> None:
    fake.faults.add(Fault(_CREATE, kind))
    async with client_of(fake, timeout=5) as client:
        with pytest.raises(httpx.TransportError):
            await client.post("/rest/api/3/issue", json=create_body())
        runtime.clock.advance(54)
        assert not fake.issues
        runtime.clock.advance(6)
        assert (await client.get("/rest/api/3/issue/DEMO-1")).status_code == 200


async def test_cancelling_a_slow_request_does_not_stop_it(fake: FakeJira, runtime: FakeRuntime) -> None:
    fake.faults.add(Fault(_CREATE, faults.slow(60)))
    async with client_of(fake, timeout=None) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: client.post("/rest/api/3/issue", json=create_body()))
        await runtime.sleep(1)
        tasks.cancel_scope.cancel()
    assert not fake.issues
    runtime.clock.advance(60)
    assert len(fake.issues) == 1


async def test_the_latency_is_spent_half_before_and_half_after(runtime: FakeRuntime) -> None:
    fake = FakeJira(runtime=runtime, latency=2)
    async with client_of(fake) as client:
        await client.post("/rest/api/3/issue", json=create_body())
        assert runtime.monotonic() == 2
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(client.get, "/rest/api/3/myself")
    assert runtime.monotonic() == 4
    assert [each.started for each in fake.requests] == [1, 3, 3, 3]


async def test_a_bulk_create_takes_longer_the_more_issues_it_has(runtime: FakeRuntime) -> None:
    fake = FakeJira(runtime=runtime, latency=Latency(per_request=0.25, per_issue=0.05))
    async with client_of(fake) as client:
        await client.post("/rest/api/3/issue", json=create_body())
        assert runtime.monotonic() == pytest.approx(0.25)
        await client.post("/rest/api/3/issue/bulk", json={"issueUpdates": [create_body()] * 10})
        assert runtime.monotonic() == pytest.approx(0.25 + 0.75)
        await client.post("/rest/api/3/issue/bulk", content=b"{", headers={"content-type": "application/json"})
        assert runtime.monotonic() == pytest.approx(0.25 + 0.75 + 0.25)


async def test_another_host_is_not_found(client: httpx.AsyncClient, fake: FakeJira) -> None:
    with pytest.raises(httpx.ConnectError):
        await client.get("https://other.example/rest/api/3/myself")
    assert fake.requests == []

import httpx
import pytest

from jira_session_export.testing import FakeJira

_ASSIGNABLE = "/rest/api/3/user/assignable/search"


async def _names(client: httpx.AsyncClient, path: str, **params: str) -> list[str]:
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return [each["displayName"] for each in answer.json()]


async def test_assignable(fake: FakeJira, client: httpx.AsyncClient) -> None:
    everybody = ["Maria Silva", "Jonas Weber", "Aiko Tanaka", "Priya Nair", "Liam O'Brien"]
    assert await _names(client, _ASSIGNABLE, project="DEMO", query="") == everybody
    assert await _names(client, _ASSIGNABLE, project="DEMO", query="weber") == ["Jonas Weber"]
    assert await _names(client, _ASSIGNABLE, project="DEMO", query="aiko.tanaka@example.com") == ["Aiko Tanaka"]
    former = fake.user("robin.former@example.com").account_id
    assert await _names(client, _ASSIGNABLE, project="DEMO", accountId=former) == []
    outsider = fake.add_user("Olga Out", "olga@example.com", assignable_in=["OTHER"]).account_id
    assert await _names(client, _ASSIGNABLE, project="DEMO", accountId=outsider) == []
    fake.add_project("OTHER")
    path = "/rest/api/3/user/assignable/multiProjectSearch"
    assert "Olga Out" not in await _names(client, path, projectKeys="DEMO,OTHER", query="")
    assert await _names(client, path, projectKeys="OTHER", query="olga") == ["Olga Out"]


async def test_pages_are_filtered_after_cutting(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.user("jonas.weber@example.com").active = False
    assert await _names(client, _ASSIGNABLE, project="DEMO", query="", maxResults="2") == ["Maria Silva"]
    assert await _names(client, _ASSIGNABLE, project="DEMO", query="", startAt="1", maxResults="1") == []
    assert await _names(client, _ASSIGNABLE, project="DEMO", query="", startAt="2", maxResults="1") == ["Aiko Tanaka"]


@pytest.mark.parametrize(
    "hide",
    [
        lambda fake: setattr(fake.options, "hide_emails", True),
        lambda fake: setattr(fake.user("aiko.tanaka@example.com"), "email_visible", False),
    ],
)
async def test_hidden_addresses(hide, fake: FakeJira, client: httpx.AsyncClient) -> None:
    hide(fake)
    assert await _names(client, _ASSIGNABLE, project="DEMO", query="aiko.tanaka@example.com") == []
    found = (await client.get(_ASSIGNABLE, params={"project": "DEMO", "query": "aiko"})).json()
    assert "emailAddress" not in found[0]
    assert (await client.get("/rest/api/3/myself")).json()["emailAddress"] == "maria.silva@example.com"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?project=DEMO", 400),
        ("?project=DEMO&query=a&accountId=b", 400),
        ("?query=a", 400),
        ("?project=DEMO&username=a", 400),
        ("?project=NONE&query=a", 404),
        ("?issueKey=DEMO-9&query=a", 404),
    ],
)
async def test_refusals(query: str, status: int, client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{_ASSIGNABLE}{query}")).status_code == status


async def test_without_permission_to_browse(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.revoke("USER_PICKER")
    assert await _names(client, "/rest/api/3/user/search", query="maria") == []
    assert await _names(client, _ASSIGNABLE, project="DEMO", query="maria") == ["Maria Silva"]
    fake.revoke("ASSIGN_ISSUES")
    assert (await client.get(_ASSIGNABLE, params={"project": "DEMO", "query": ""})).status_code == 403


async def test_one_user(fake: FakeJira, client: httpx.AsyncClient) -> None:
    account_id = fake.user("aiko.tanaka@example.com").account_id
    assert (await client.get("/rest/api/3/user", params={"accountId": account_id})).json()[
        "displayName"
    ] == "Aiko Tanaka"
    missing = await client.get("/rest/api/3/user", params={"accountId": "x"})
    assert missing.status_code == 404
    assert await _names(client, "/rest/api/3/user/search", query="li") == ["Liam O'Brien"]


async def test_the_time_zone_of_the_caller(fake: FakeJira, client: httpx.AsyncClient) -> None:
    assert (await client.get("/rest/api/3/serverInfo")).json()["serverTime"] == "2026-01-05T09:00:00.000+0000"
    fake.user("maria.silva@example.com").time_zone = "Not/AZone"
    assert (await client.get("/rest/api/3/serverInfo")).json()["serverTime"] == "2026-01-05T09:00:00.000+0000"

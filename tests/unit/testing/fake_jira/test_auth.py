import httpx
import pytest
from tests.unit.testing.fake_jira.conftest import client_of, create_body

from jira_session_export.testing import FakeJira, FakeRuntime

_SCOPES = ("read:jira-work", "write:jira-work", "read:jira-user")


def _gateway(fake: FakeJira, path: str = "") -> str:
    return f"https://api.atlassian.com/ex/jira/{fake.cloud_id}{path}"


async def test_any_credentials_will_do_by_default(fake: FakeJira) -> None:
    async with client_of(fake, auth=("new.person@example.com", "any")) as client:
        me = (await client.get("/rest/api/3/myself")).json()
        assert (me["displayName"], me["emailAddress"]) == ("New Person", "new.person@example.com")
        assert (await client.get("/rest/api/3/myself")).json()["accountId"] == me["accountId"]
        found = (await client.get("/rest/api/3/user/assignable/search?project=DEMO&query=new")).json()
        assert [user["accountId"] for user in found] == [me["accountId"]]
    assert fake.user("new.person@example.com").account_id == me["accountId"]


@pytest.mark.parametrize(
    "auth", [None, ("maria.silva@example.com", "wrong"), ("", "good"), ("robin.former@example.com", "good")]
)
async def test_wrong_credentials_are_anonymous(auth: tuple[str, str] | None) -> None:
    fake = FakeJira(tokens=["good"])
    async with client_of(fake, auth=auth) as client:
        refused = await client.get("/rest/api/3/myself")
        assert refused.status_code == 401
        assert refused.text == "Client must be authenticated to access this resource."
        assert refused.headers["content-type"].startswith("text/html")
        assert refused.headers["www-authenticate"] == 'OAuth realm="https%3A%2F%2Ffake-jira.example"'
        assert (await client.post("/rest/api/3/issue", json=create_body())).status_code == 401
        hidden = await client.get("/rest/api/3/project/DEMO")
        assert hidden.status_code == 404
        assert (await client.get("/rest/api/3/project/search")).json()["values"] == []
        assert (await client.get("/rest/api/3/serverInfo")).status_code == 200
        assert ("x-seraph-loginreason" in hidden.headers) is (
            auth is not None and auth[1] != "" and auth[0] != "robin.former@example.com"
        )
        assert "x-aaccountid" not in hidden.headers


async def test_good_credentials() -> None:
    async with client_of(FakeJira(tokens=["good"]), auth=("maria.silva@example.com", "good")) as client:
        answer = await client.get("/rest/api/3/myself")
    assert answer.status_code == 200
    assert answer.headers["x-aaccountid"] == answer.json()["accountId"]
    assert answer.headers["atl-traceid"]


async def test_a_bearer_token() -> None:
    fake = FakeJira()
    fake.add_token("pat", email="aiko.tanaka@example.com")
    async with client_of(fake, auth=None, headers={"Authorization": "Bearer pat"}) as client:
        myself = _gateway(fake, "/rest/api/3/myself")
        assert (await client.get(myself)).json()["displayName"] == "Aiko Tanaka"
        assert (await client.get(myself, headers={"Authorization": "Bearer other"})).status_code == 401
        assert (await client.get("/rest/api/3/myself", headers={"Authorization": "Basic %"})).status_code == 401


@pytest.mark.parametrize(
    "path", ["/rest/api/3/myself", "/rest/api/3/serverInfo", "/rest/api/3/issue/DEMO-1", "/nowhere"]
)
async def test_a_site_takes_no_bearer_token(fake: FakeJira, path: str) -> None:
    fake.add_token("pat", email="aiko.tanaka@example.com")
    async with client_of(fake, auth=None) as client:
        for token in ("pat", "any", "a.b.c"):
            refused = await client.get(path, headers={"Authorization": f"Bearer {token}"})
            assert (refused.status_code, refused.json()) == (
                403,
                {"error": "Failed to parse Connect Session Auth Token"},
            )
            assert refused.headers["atl-traceid"]
            assert not {"x-arequestid", "x-aaccountid", "x-seraph-loginreason"} & set(refused.headers)
        jwt = await client.get(path, headers={"Authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln"})
        assert (jwt.status_code, jwt.text[:6]) == (401, "Client")
        for spelling in ("bearer pat", "BEARER pat", "Bearer  pat", "Bearer", "token pat"):
            anonymous = await client.get("/rest/api/3/project/search", headers={"Authorization": spelling})
            assert (anonymous.status_code, anonymous.json()["values"]) == (200, [])


async def test_expiry(fake: FakeJira) -> None:
    async with client_of(fake) as client:
        fake.expire_token()
        assert (await client.get("/rest/api/3/myself")).status_code == 401
        fake.renew_tokens()
        assert (await client.get("/rest/api/3/myself")).status_code == 200
        fake.expire_token("token")
        assert (await client.get("/rest/api/3/myself")).status_code == 401
        fake.add_token("token")
        assert (await client.get("/rest/api/3/myself")).status_code == 200


async def test_a_scoped_token_works_through_the_gateway_only(fake: FakeJira) -> None:
    fake.add_token("scoped", scopes=["read:jira-user"])
    async with client_of(fake, auth=("maria.silva@example.com", "scoped")) as client:
        assert (await client.get("/rest/api/3/myself")).status_code == 401
        me = await client.get(_gateway(fake, "/rest/api/3/myself"))
        assert me.status_code == 200
        assert me.json()["self"].startswith(_gateway(fake))
        refused = await client.get(_gateway(fake, "/rest/api/3/project/DEMO"))
    assert (refused.status_code, refused.json()) == (
        401,
        {"code": 401, "message": "Unauthorized; scope does not match"},
    )
    assert refused.headers["x-failure-category"] == "FAILURE_CLIENT_SCOPE_CHECK"


async def test_agile_asks_for_scopes_of_its_own(fake: FakeJira) -> None:
    fake.add_token("scoped", scopes=_SCOPES)
    async with client_of(fake, auth=("maria.silva@example.com", "scoped")) as client:
        assert (await client.get(_gateway(fake, "/rest/api/3/project/DEMO"))).status_code == 200
        assert (await client.get(_gateway(fake, "/rest/agile/1.0/board"))).status_code == 401
        assert (await client.get(_gateway(fake, "/rest/api/3/priority/search"))).status_code == 401


async def test_the_gateway_knows_one_site(fake: FakeJira) -> None:
    async with client_of(fake) as client:
        tenant = (await client.get("/_edge/tenant_info")).json()
        assert tenant == {"cloudId": fake.cloud_id}
        other = await client.get("https://api.atlassian.com/ex/jira/other/rest/api/3/myself")
        assert other.status_code == 404
        nobody = await client.get(_gateway(fake, "/rest/api/3/project/DEMO"), auth=("", ""))
        assert (nobody.status_code, nobody.json()) == (401, {"code": 401, "message": "Unauthorized"})


async def _refresh(client: httpx.AsyncClient, token: str, secret: str = "secret") -> httpx.Response:
    body = {"grant_type": "refresh_token", "client_id": "client", "client_secret": secret, "refresh_token": token}
    return await client.post("https://auth.atlassian.com/oauth/token", json=body)


async def test_refresh_tokens_rotate(fake: FakeJira, runtime: FakeRuntime) -> None:
    grant = fake.authorize()
    async with client_of(fake, auth=None) as client:
        first = (await _refresh(client, grant.refresh_token)).json()
        assert first["expires_in"] == 3600
        assert first["token_type"] == "Bearer"
        headers = {"Authorization": f"Bearer {first['access_token']}"}
        assert (await client.get(_gateway(fake, "/rest/api/3/myself"), headers=headers)).status_code == 200
        assert (await client.get("/rest/api/3/myself", headers=headers)).status_code == 403
        sites = (await client.get("https://api.atlassian.com/oauth/token/accessible-resources", headers=headers)).json()
        assert (sites[0]["id"], sites[0]["url"]) == (fake.cloud_id, fake.base_url)

        runtime.clock.advance(3601)
        assert (await client.get(_gateway(fake, "/rest/api/3/myself"), headers=headers)).status_code == 401
        used = grant.refresh_token
        second = (await _refresh(client, used)).json()
        assert second["refresh_token"] != used
        runtime.clock.advance(599)
        assert (await _refresh(client, used)).status_code == 200
        runtime.clock.advance(2)
        stale = await _refresh(client, used)
        assert stale.status_code == 403
        assert stale.json() == {"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}


async def test_other_ways_to_the_token_endpoint(fake: FakeJira) -> None:
    grant = fake.authorize(refresh_token="stored-elsewhere", scopes=["read:jira-user"])
    async with client_of(fake, auth=None) as client:
        body = {
            "grant_type": "authorization_code",
            "client_id": "client",
            "client_secret": "secret",
            "code": grant.code,
        }
        assert (await client.post("https://auth.atlassian.com/oauth/token", json=body)).json()[
            "scope"
        ] == "read:jira-user"
        assert (await client.post("https://auth.atlassian.com/oauth/token", json=body)).status_code == 403
        assert (await _refresh(client, grant.refresh_token, secret="wrong")).status_code == 403
        assert (await client.post("https://auth.atlassian.com/oauth/token", content=b"x")).status_code == 400
        assert (await client.get("https://api.atlassian.com/oauth/token/accessible-resources")).status_code == 401
        fake.expire_token(grant.access_token)
        headers = {"Authorization": f"Bearer {grant.access_token}"}
        assert (await client.get(_gateway(fake, "/rest/api/3/myself"), headers=headers)).status_code == 401
        assert (await _refresh(client, grant.refresh_token)).status_code == 200

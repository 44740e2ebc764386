import httpx
import pytest
from tests.unit.testing.fake_jira.conftest import create

from jira_session_export.testing import FakeJira

_PATH = "/rest/api/3/issue/DEMO-1/attachments"
_HEADERS = {"X-Atlassian-Token": "no-check"}


@pytest.fixture(autouse=True)
async def issue(client: httpx.AsyncClient) -> str:
    return await create(client)


async def test_bytes_are_kept(fake: FakeJira, client: httpx.AsyncClient) -> None:
    contents = [b"", b"\r\n", b"--boundary\r\n\r\n--", bytes(range(256)), "Straße".encode()]
    files = [("file", (f"{number}-ß.bin", content)) for number, content in enumerate(contents)]
    answer = await client.post(_PATH, files=files, headers=_HEADERS)
    assert answer.status_code == 200
    assert [each["filename"] for each in answer.json()] == [name for _, (name, _) in files]
    for each, content in zip(answer.json(), contents, strict=True):
        assert each["size"] == len(content)
        direct = await client.get(each["content"], params={"redirect": "false"})
        assert (direct.status_code, direct.content) == (200, content)
    assert [each.content for each in fake.issues["DEMO-1"].attachments] == contents


async def test_the_redirect_names_the_media_file(fake: FakeJira, client: httpx.AsyncClient) -> None:
    stored = (await client.post(_PATH, files={"file": ("a b.png", b"png")}, headers=_HEADERS)).json()[0]
    assert (stored["mimeType"], "thumbnail" in stored) == ("image/png", True)
    redirect = await client.get(stored["content"])
    media_id = fake.issues["DEMO-1"].attachments[0].media_id
    assert redirect.status_code == 303
    assert redirect.headers["location"] == f"{fake.base_url}/file/{media_id}/binary?dl=true&name=a%20b.png"
    followed = await client.get(stored["content"], follow_redirects=True)
    assert (followed.content, followed.headers["content-type"]) == (b"png", "image/png")
    assert (await client.get(stored["thumbnail"])).content == b"png"
    assert (await client.get("/file/none/binary")).status_code == 404


async def test_a_description_may_show_its_issues_files(fake: FakeJira, client: httpx.AsyncClient) -> None:
    await client.post(_PATH, files={"file": ("a.png", b"png")}, headers=_HEADERS)
    media_id = fake.issues["DEMO-1"].attachments[0].media_id

    def edit(shown: str) -> dict[str, object]:
        media = {"type": "media", "attrs": {"type": "file", "id": shown, "collection": ""}}
        single = {"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [media]}
        return {"fields": {"description": {"type": "doc", "version": 1, "content": [single]}}}

    assert (await client.put("/rest/api/3/issue/DEMO-1", json=edit(media_id))).status_code == 204
    refused = await client.put("/rest/api/3/issue/DEMO-1", json=edit("elsewhere"))
    assert refused.json()["errorMessages"] == ["ATTACHMENT_VALIDATION_ERROR"]


async def test_forgery_protection(client: httpx.AsyncClient, fake: FakeJira) -> None:
    refused = await client.post(_PATH, files={"file": ("a", b"a")})
    assert (refused.status_code, refused.text) == (403, "XSRF check failed")
    assert not fake.issues["DEMO-1"].attachments


async def test_limits(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.options.upload_limit = 10
    assert (await client.get("/rest/api/3/attachment/meta")).json() == {"enabled": True, "uploadLimit": 10}
    too_large = await client.post(_PATH, files=[("file", ("a", b"a")), ("file", ("b", b"x" * 11))], headers=_HEADERS)
    assert too_large.status_code == 413
    assert too_large.json()["errorMessages"] == ["The field file exceeds its maximum permitted size of 10 bytes."]
    many = await client.post(_PATH, files=[("file", ("a", b"a"))] * 61, headers=_HEADERS)
    assert many.status_code == 413
    assert not fake.issues["DEMO-1"].attachments
    for _ in range(33):
        await client.post(_PATH, files=[("file", ("a", b"a"))] * 60, headers=_HEADERS)
    full = await client.post(_PATH, files=[("file", ("a", b"a"))] * 21, headers=_HEADERS)
    assert (full.status_code, len(fake.issues["DEMO-1"].attachments)) == (413, 1980)


async def test_refusals(fake: FakeJira, client: httpx.AsyncClient) -> None:
    file = {"file": ("a", b"a")}
    assert (await client.post("/rest/api/3/issue/DEMO-9/attachments", files=file, headers=_HEADERS)).status_code == 404
    assert (await client.post(_PATH, files={"other": ("a", b"a")}, headers=_HEADERS)).status_code == 400
    assert (await client.post(_PATH, json={}, headers=_HEADERS)).status_code == 415
    torn = {**_HEADERS, "Content-Type": "multipart/form-data; checkpoint=x"}
    assert (await client.post(_PATH, content=b"--x\r\n\r\na", headers=torn)).status_code == 400
    fake.revoke("CREATE_ATTACHMENTS")
    assert (await client.post(_PATH, files=file, headers=_HEADERS)).status_code == 404
    fake.grant("CREATE_ATTACHMENTS")
    fake.options.attachments_enabled = False
    assert (await client.post(_PATH, files=file, headers=_HEADERS)).status_code == 404
    assert (await client.get("/rest/api/3/attachment/meta")).json()["enabled"] is False


async def test_deleting(fake: FakeJira, client: httpx.AsyncClient) -> None:
    stored = (await client.post(_PATH, files={"file": ("a", b"a")}, headers=_HEADERS)).json()[0]
    assert (await client.delete(stored["self"])).status_code == 204
    assert (await client.delete(stored["self"])).status_code == 404
    assert (await client.get(stored["content"])).status_code == 404
    assert not fake.issues["DEMO-1"].attachments

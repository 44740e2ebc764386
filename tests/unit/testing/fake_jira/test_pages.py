import re

import httpx
from tests.unit.testing.fake_jira.conftest import client_of, create, text_document

from jira_session_export.testing import FakeJira


async def test_an_empty_site() -> None:
    async with client_of(FakeJira(("DEMO", "PAY")), auth=None) as client:
        page = await client.get("/")
    assert page.status_code == 200
    assert "0 issues in 2 projects" in page.text
    assert page.text.count("No issues yet") == 2


async def test_an_issue_with_everything(fake: FakeJira, client: httpx.AsyncClient) -> None:
    user = {"accountId": fake.user("jonas.weber@example.com").account_id}
    epic = await create(client, issuetype={"name": "Epic"}, summary="The epic")
    key = await create(
        client,
        summary="Do <b>this</b> & that",
        assignee=user,
        parent={"key": epic},
        labels=["fast", "<x>"],
        components=[{"name": "Backend"}],
        customfield_10020=2,
        customfield_10028=5,
        customfield_10031={"value": "Staging"},
        customfield_10036=text_document("it works"),
        customfield_10039={"value": "Sales", "child": {"value": "Orders"}},
        customfield_10040=[user],
        duedate="2026-03-01",
    )
    files = [("file", ("shot.png", b"png")), ("file", ("notes.txt", b"x" * 5000))]
    await client.post(f"/rest/api/3/issue/{key}/attachments", files=files, headers={"X-Atlassian-Token": "no-check"})
    media_id = fake.issues[key].attachments[0].media_id
    media = {"type": "media", "attrs": {"type": "file", "id": media_id, "collection": "", "alt": "a shot"}}
    shown = [
        {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "What"}]},
        {"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [media]},
    ]
    edit = {"fields": {"description": {"type": "doc", "version": 1, "content": shown}}}
    assert (await client.put(f"/rest/api/3/issue/{key}", json=edit)).status_code == 204
    link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": key}, "outwardIssue": {"key": epic}}
    await client.post("/rest/api/3/issueLink", json=link)
    for url in ("https://example.com/x", "javascript:alert(1)"):
        await client.post(f"/rest/api/3/issue/{key}/remotelink", json={"object": {"url": url, "title": "Elsewhere"}})
    await client.post(f"/rest/api/3/issue/{key}/comment", json={"body": text_document("seen it")})
    await client.put(f"/rest/api/3/issue/{key}/properties/batch", json={"n": 1})

    page = (await client.get(f"/browse/{key}", headers={"Authorization": ""})).text
    for text in (
        "<h1>Do &lt;b&gt;this&lt;/b&gt; &amp; that</h1>",
        "<h2>What</h2>",
        "Jonas Weber",
        '<a href="/browse/DEMO-1">DEMO-1</a> The epic',
        "&lt;x&gt;",
        "Backend",
        "DEMO Sprint 2 (active)",
        "Staging",
        "Sales / Orders",
        "2026-03-01",
        "it works",
        "shot.png",
        "5 kB",
        "blocks",
        'href="https://example.com/x"',
        "seen it",
        "Property batch",
        "Maria Silva",
    ):
        assert text in page, text
    assert 'href="javascript:' not in page
    assert f'src="{fake.base_url}/file/{media_id}/binary?name=shot.png"' in page
    for path in set(re.findall(r'(?:href|src)="(/[^"]*)"', page)):
        assert (await client.get(path.split("#")[0])).status_code == 200, path

    other = (await client.get(f"/browse/{epic}")).text
    assert "is blocked by" in other
    index = (await client.get("/")).text
    assert "Do &lt;b&gt;this" in index


async def test_pages_run_no_script(client: httpx.AsyncClient) -> None:
    await create(client)
    for path in ("/", "/browse/DEMO-1", "/browse/DEMO-9"):
        page = await client.get(path)
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy
        assert " style=" not in page.text


async def test_an_unknown_issue(client: httpx.AsyncClient) -> None:
    page = await client.get("/browse/<script>")
    assert page.status_code == 404
    assert "<script>" not in page.text


async def test_a_long_list_shows_the_newest(fake: FakeJira, client: httpx.AsyncClient) -> None:
    user = fake.user("maria.silva@example.com")
    project = fake.project("DEMO")
    for number in range(505):
        fake._site.create_issue(
            project, project.issue_types[2], creator=user, fields={"summary": f"n{number}"}, properties={}
        )
    page = (await client.get("/")).text
    assert "505 issues in 1 project<" in page
    assert "and 5 older issues" in page
    assert "n504" in page
    assert ">n4<" not in page

import pytest

from jira_session_export._jira.auth import ApiTokenAuth, BearerAuth
from jira_session_export._jira.site import Site
from jira_session_export.errors import SettingsError

BASIC = ApiTokenAuth("me@example.com", "t")


async def no_look_up() -> str:
    raise AssertionError("looked up")


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("https://demo.atlassian.net", "https://demo.atlassian.net"),
        ("https://demo.atlassian.net/", "https://demo.atlassian.net"),
        (" http://127.0.0.1:8080/jira/ ", "http://127.0.0.1:8080/jira"),
    ],
)
async def test_the_address_of_a_site(given: str, base: str) -> None:
    site = Site(given, BASIC)
    assert site.base_url == site.browse_base == await site.api_base(no_look_up) == base


@pytest.mark.parametrize(
    "given",
    [
        "",
        "demo.atlassian.net",
        "ftp://demo.atlassian.net",
        "https://",
        "https://me:PLANTED@demo.atlassian.net",
        "https://demo.atlassian.net?token=PLANTED",
        "https://demo.atlassian.net/#PLANTED",
        "https://demo .atlassian.net",
        "https://demo.atlassian.net/a\nb",
        "https://demo.atlassian.net:99999",
        "https://[::1",
    ],
)
def test_what_is_no_address_is_refused_without_showing_it(given: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Site(given, BASIC)
    assert "PLANTED" not in str(caught.value)
    assert caught.value.recovery_actions


def test_a_known_cloud_id_leads_to_the_gateway() -> None:
    auth = ApiTokenAuth("me@example.com", "t", scoped=True, cloud_id="11aa", gateway_url="https://gateway.example/")
    site = Site("https://demo.atlassian.net", auth)
    assert (site.base_url, site.browse_base) == ("https://demo.atlassian.net",) * 2
    assert not site.is_gateway


async def test_a_gateway_address_is_used_as_it_is_and_tells_no_address_for_people() -> None:
    site = Site("https://api.atlassian.com/ex/jira/11aa/", BearerAuth("t"))
    assert await site.api_base(no_look_up) == "https://api.atlassian.com/ex/jira/11aa"
    assert site.browse_base is None
    site.learn_browse_base("https://demo.atlassian.net/")
    assert site.browse_base == "https://demo.atlassian.net"


@pytest.mark.parametrize(
    "given",
    [
        "https://demo.atlassian.net/jira",
        "https://demo.atlassian.net/browse/PAY-1",
        "https://demo.atlassian.net/jira/software/projects/PAY/boards/1",
        "http://demo.atlassian.net/rest/api/3",
        "https://demo.atlassian.net/issues/?jql=project%3DPAY",
        "https://demo.atlassian.net#x",
        "https://demo.atlassian.net?x=1",
    ],
)
def test_of_a_pages_address_the_site_is_named(given: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Site(given, BASIC)
    assert caught.value.recovery_actions == ("Set it to https://demo.atlassian.net.",)


@pytest.mark.parametrize("given", ["https://api.atlassian.com", "https://api.atlassian.com/ex/jira/"])
def test_the_gateway_needs_a_cloud_id(given: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Site(given, BASIC)
    assert "cloud id" in caught.value.user_message


@pytest.mark.parametrize("given", ["http://jira.example.com", "http://10.0.0.7:8080/jira", "http://demo.atlassian.net"])
def test_credentials_go_unencrypted_to_another_machine_only_when_that_is_said(given: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Site(given, BASIC, allow_plain_http=False)
    assert "unencrypted" in caught.value.user_message
    assert "allow_plain_http=True" in caught.value.recovery_actions[1]
    assert "JIRA_ALLOW_HTTP" in caught.value.recovery_actions[1]
    assert Site(given, BASIC, allow_plain_http=True).base_url == given


@pytest.mark.parametrize(
    "given",
    ["http://localhost:8090", "http://127.0.0.1:8090", "http://[::1]:8090", "http://jira.localhost", "https://x"],
)
def test_this_machine_may_be_spoken_to_plainly(given: str) -> None:
    assert Site(given, BASIC, allow_plain_http=False).base_url == given


def test_a_gateway_is_held_to_the_same() -> None:
    auth = ApiTokenAuth("me@example.com", "t", scoped=True, gateway_url="http://gateway.example")
    with pytest.raises(SettingsError):
        Site("https://demo.atlassian.net", auth, allow_plain_http=False)

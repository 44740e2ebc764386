import ssl
from pathlib import Path

import pytest

from jira_session_export._jira.http import HttpError, HttpFault, HttpRequest, HttpSettings
from jira_session_export.errors import SettingsError


@pytest.mark.parametrize("name", ["timeout_seconds", "max_connections", "keep_alive_seconds"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_numbers_that_are_none(name: str, value: float) -> None:
    with pytest.raises(SettingsError, match=name):
        HttpSettings(**{name: value})


def test_two_ways_to_trust_are_one_too_many() -> None:
    with pytest.raises(SettingsError, match="ssl_context"):
        HttpSettings(ca_file=Path("x"), ssl_context=ssl.create_default_context())


def test_credentials_and_bodies_show_in_no_repr() -> None:
    request = HttpRequest("GET", "https://site/", {"Authorization": "PLANTED"}, b"PLANTED")
    assert "PLANTED" not in repr(request) + repr(HttpSettings(proxy="http://me:PLANTED@proxy"))


def test_an_error_says_what_happened_and_more() -> None:
    assert str(HttpError(HttpFault.POOL_TIMEOUT)) == "all connections were busy"
    assert str(HttpError(HttpFault.PROXY_REFUSED, "407")) == "the proxy refused the connection: 407"

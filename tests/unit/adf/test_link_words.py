"""Where links really lead."""

import pytest

from jira_session_export._adf.link_words import real_address


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("https://www.google.com/url?q=https://x.example/a?b%3D1&sa=D", "https://x.example/a?b=1"),
        ("http://www.google.de/url?sa=t&url=https%3A%2F%2Fx.example", "https://x.example"),
        (
            "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fx.example%2F&data=05",
            "https://x.example/",
        ),
        ("https://www.google.com/url?q=javascript:alert(1)", "https://www.google.com/url?q=javascript:alert(1)"),
        ("https://www.google.com/search?q=https://x.example", "https://www.google.com/search?q=https://x.example"),
        ("https://google.example/url?q=https://x.example", "https://google.example/url?q=https://x.example"),
        ("https://www.google.com/url?sa=D", "https://www.google.com/url?sa=D"),
    ],
)
def test_address_behind_a_wrapper(href: str, address: str) -> None:
    assert real_address(href) == address

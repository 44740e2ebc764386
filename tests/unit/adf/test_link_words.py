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
        ("https://urldefense.proofpoint.com/v2/url?u=https-3A__x.example_a-5Fb-2Dc&d=x", "https://x.example/a_b-c"),
        ("https://urldefense.com/v3/__https://x.example/a?b=1__;!!k!s$", "https://x.example/a?b=1"),
        ("https://urldefense.com/v3/__https:/x.example/a*b**Cc__;I8OcIMOcIMOc!!k!s$", "https://x.example/a#bÜ Ü c"),
        ("https://urldefense.com/v3/__https://x.example/a*b__;!!k!s$", "https://x.example/ab"),
        ("https://urldefense.com/v3/__https://x.example/__;%%!!k!s$", None),
        (
            "https://eu.safelinks.protection.outlook.com/?url=https%3A%2F%2Furldefense.com%2Fv3%2F__https%3A%2F%2Fx.example%2F__%3B!!k!s%24",
            "https://x.example/",
        ),
        ("https://protect2.fireeye.com/v1/url?k=1&q=1&u=https%3A%2F%2Fx.example%2F", "https://x.example/"),
    ],
)
def test_address_behind_a_wrapper(href: str, address: str | None) -> None:
    assert real_address(href) == (address or href)

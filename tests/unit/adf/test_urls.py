import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._adf.urls import safe_url, scheme_of

SCHEMES = frozenset({"http", "https", "mailto", "javascript", "data"})
UNSEEN = st.text(st.sampled_from("\x00\x01\t\n\r \x7f\xa0\xad\u200b\u200e\u2028\u2060\u3000\ufeff"), max_size=3)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://a/b c", "https://a/b c"),
        (" https://a\n/b ", "https://a/b"),
        ("HTTPS://A", "HTTPS://A"),
        ("//a", "//a"),
        ("ftp://a", None),
        ("a", None),
        ("", None),
        ("https:a", None),
        ("java%73cript:x", None),
    ],
)
def test_which_pass(url, safe):
    assert safe_url(url, SCHEMES) == safe


@given(st.lists(UNSEEN, min_size=12, max_size=12), st.sampled_from(["javascript:", "data:", "vbscript:"]), st.booleans(), st.sampled_from([None, "https://base/"]))  # fmt: skip
def test_no_disguise_lets_a_script_pass(gaps, scheme, upper, base):
    disguised = "".join(gap + letter for gap, letter in zip(gaps, scheme.upper() if upper else scheme, strict=False))
    assert safe_url(f"{disguised}alert(1)", SCHEMES, base) is None


def test_a_broken_address_with_a_base():
    assert safe_url("//[x", SCHEMES, "https://a/") is None


@pytest.mark.parametrize(("url", "scheme"), [("A+b.c-1:x", "a+b.c-1"), ("1a:x", ""), ("/a:b", ""), ("#a:b", "")])
def test_schemes(url, scheme):
    assert scheme_of(url) == scheme


@pytest.mark.parametrize("gap", ["\n", "\t", "\x00", " ", "\u200b"])
@pytest.mark.parametrize("place", [0, 1, 5, 10])
def test_no_number_of_skipped_characters_hides_a_scheme(gap, place):
    letters = "javascript"
    assert scheme_of(f"{letters[:place]}{gap * 5000}{letters[place:]}:alert(1)") == "javascript"


def test_an_address_of_megabytes_is_read_once():
    assert scheme_of("a\n" * 2_000_000) == ""

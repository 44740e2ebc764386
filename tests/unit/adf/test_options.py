import pytest

from jira_session_export import ConversionOptions, ImagePolicy, html_to_adf


def test_a_plain_string_says_what_becomes_of_images() -> None:
    options = ConversionOptions(image_policy="link")
    assert options.image_policy is ImagePolicy.LINK
    assert options == ConversionOptions(image_policy=ImagePolicy.LINK)
    (paragraph,) = html_to_adf('<img src="https://example.com/i.png" alt="A chart">', options)["content"]
    assert paragraph["content"][0]["text"] == "A chart"


def test_schemes_may_be_any_collection() -> None:
    options = ConversionOptions(link_schemes=["HTTPS"])
    assert options.link_schemes == frozenset({"https"})
    assert hash(options) == hash(ConversionOptions(link_schemes={"https"}))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_policy": "links"}, "image_policy is 'links'; it must be one of external, link, remove."),
        ({"link_schemes": "https"}, "link_schemes is the string 'https'; give a set of strings."),
        ({"base_url": "example.com"}, "base_url is 'example.com'; it must begin with https:// or http:// and a host."),
        ({"base_url": "ftp://example.com"}, "must begin with https://"),
    ],
)
def test_what_is_not_allowed_is_said(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        ConversionOptions(**options)  # type: ignore[arg-type]

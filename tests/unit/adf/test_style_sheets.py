"""What the style sheets of a page say about classes."""

import time

import bs4
from tests.unit.adf.building import doc, p, strong

from jira_session_export._adf.html import convert_html
from jira_session_export._adf.style_sheets import StyleSheets


def styled(sheet: str, tag: str, classes: str, own: str | None = None) -> str | None:
    sheets = StyleSheets()
    sheets.read(sheet)
    return sheets.applied(tag, {"class": classes, "style": own})["style"]


def test_own_style_comes_last() -> None:
    assert styled(".a { color: red }", "p", "A b", "color:blue") == "color:red;color:blue"


def test_rule_for_an_element_counts_for_that_element() -> None:
    assert styled("p.a{color:red}", "p", "a") == "color:red;"
    assert styled("p.a{color:red}", "div", "a") is None


def test_other_selectors_and_at_rules_say_nothing() -> None:
    sheet = "@import 'x.css'; .a .b{color:red} .a:hover{color:red} @media print{.b{color:red}} .c, .b{font-weight:bold}"
    assert styled(sheet, "p", "b") == "font-weight:bold;"
    assert styled(sheet, "p", "a") is None


def test_comments_of_css_and_html_are_left_out() -> None:
    assert styled("<!-- /* .a{color:red} */ .a{display:none} -->", "p", "a") == "display:none;"


def test_properties_that_no_rule_knows_are_left_out() -> None:
    assert styled(".a{margin:0;font-style:italic ! important;mso-x:y}", "p", "a") == "font-style:italic ! important;"


def test_what_is_not_closed_is_no_rule() -> None:
    assert styled(".a{color:red} .b{color:red", "p", "b") is None
    assert styled("}}} .a{color:red}", "p", "a") == "color:red;"


def test_time_grows_with_the_length() -> None:
    def seconds(count: int) -> float:
        sheet = "".join(f".c{number}{{color:red}}/* x */" for number in range(count))
        best = 1.0
        for _ in range(3):
            begun = time.process_time()
            StyleSheets().read(sheet)
            best = min(best, time.process_time() - begun)
        return best

    assert seconds(16_000) < 40 * seconds(2_000)


def test_rules_for_screens_count() -> None:
    sheet = (
        "@media screen { .a{color:red} } @media all, print{.a{display:none}} @layer x { @supports (a:b) {.a{font:x}} }"
    )
    assert styled(sheet, "p", "a") == "color:red;display:none;font:x;"
    assert styled("@media (max-width: 9px) { .a{color:red} } .b{color:red}", "p", "a") is None


def test_of_equal_rules_the_last_one_counts_whatever_the_order_of_the_classes() -> None:
    assert styled(".a{color:red} .b{color:blue} .a{display:none}", "p", "b a") == "color:blue;color:red;display:none;"


def test_braces_in_strings_are_no_braces() -> None:
    assert (
        styled(""".a{content:"}";color:red} .b{content:'{'} .a{display:none}""", "p", "a") == "color:red;display:none;"
    )


def test_a_quote_that_is_not_closed_ends_with_its_line() -> None:
    assert styled('.b{content:"x}\n} .a{color:red}', "p", "a") == "color:red;"


def test_cdata_is_no_selector() -> None:
    assert styled("<![CDATA[ .a{color:red} ]]>", "p", "a") == "color:red;"


def test_rules_for_several_classes_count_for_elements_that_have_them_all() -> None:
    sheet = "p.a.b{color:red} .a{color:blue} p.a{color:green} .b.c{font-weight:bold} .a.b.c.d.e{color:black}"
    assert styled(sheet, "p", "b a") == "color:blue;color:green;color:red;"
    assert styled(sheet, "div", "c x b") == "font-weight:bold;"
    assert styled(sheet, "div", "a") == "color:blue;"


def test_rules_for_several_classes_are_bounded() -> None:
    sheets = StyleSheets()
    sheets.read("".join(f".a.b{number}{{color:red}}" for number in range(1000)))
    words = " ".join(f"b{number}" for number in range(40))
    assert sheets.applied("p", {"class": f"a {words}"})["style"] == "color:red;" * 10


def test_a_sheet_after_the_text_it_is_about_counts() -> None:
    html = '<p class="a">x</p><p class="b">y</p><style>.a{font-weight:bold} .b{display:none}</style><p class="a">z</p>'
    conversion = convert_html(html)
    assert conversion.document == doc(p(strong("x")), p(strong("z")))
    assert [loss.excerpt for loss in conversion.losses] == ["y"]
    assert convert_html(bs4.BeautifulSoup(html, "html.parser")).document == conversion.document

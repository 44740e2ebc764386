import pytest
from tests.unit.adf.building import doc, h, li, node, p, strong, ul

from jira_session_export._adf.builder import DONE
from jira_session_export._adf.check import check_adf
from jira_session_export._adf.html import convert_html, html_to_adf
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.options import ConversionOptions
from jira_session_export._adf.rules import DEFAULT_RULES, SKIP, Rule, RuleSet


def options(rules):
    return ConversionOptions(rules=rules)


def spoiler(element, out):
    return out.open("expand", {"title": "Spoiler"}) if "spoiler" in element.classes else None


SPOILER = Rule("spoiler", spoiler, frozenset({"div"}), frozenset({"class"}))


def test_a_rule_before_ours_decides():
    rules = DEFAULT_RULES.before("box", SPOILER)
    html = '<div class="spoiler alert">a</div><div class="other">b</div>'
    assert html_to_adf(html, options(rules)) == doc(node("expand", p("a"), title="Spoiler"), p("b"))


def test_a_rule_after_another_is_asked_later():
    def never(element, out):
        raise AssertionError

    rules = DEFAULT_RULES.after("heading", Rule("late", never, frozenset({"h1"})))
    assert html_to_adf("<h1>a</h1>", options(rules)) == doc(h(1, "a"))


def test_a_rule_in_the_place_of_ours():
    rules = DEFAULT_RULES.replace(
        "quote", Rule("quote", lambda _, out: out.open("panel", {"panelType": "note"}), frozenset({"blockquote"}))
    )
    assert html_to_adf("<blockquote>a</blockquote>", options(rules)) == doc(node("panel", p("a"), panelType="note"))


def test_a_disabled_rule_leaves_its_elements_to_the_next():
    assert html_to_adf("<p>a <b>b</b></p>", options(DEFAULT_RULES.disable("mark"))) == doc(p("a b"))


def test_tags_of_a_hosts_own():
    def user(element, out):
        out.inline("mention", {"id": element.get("id"), "text": f"@{element.get('name')}"})
        return SKIP

    rules = DEFAULT_RULES.before("mention", Rule("user", user, frozenset({"x-user"})))
    assert html_to_adf('<x-user id="7" name="Ann">hidden</x-user>', options(rules)) == doc(
        p({"type": "mention", "attrs": {"id": "7", "text": "@Ann"}})
    )


def test_a_rule_that_passes_on_adds_to_the_others():
    rules = DEFAULT_RULES.before(
        "list-item", Rule("loud", lambda _, out: out.mark("strong"), frozenset({"li"}), passes_on=True)
    )
    assert html_to_adf("<ul><li>a</li></ul>b", options(rules)) == doc(ul(li(p(strong("a")))), p("b"))


@pytest.mark.parametrize(
    "apply",
    [
        lambda _, out: out.open("layoutColumn", {"width": 10}),
        lambda _, out: out.open("nonsense"),
        lambda _, out: out.open("tableCell", {"colspan": "many"}),
        lambda _, out: (out.open("caption"), out.open("expand"), out.mark("glow"), DONE),
        lambda _, out: out.block("mediaSingle", {"layout": "center"}) and DONE,
        lambda _, out: out.block("blockCard", {"url": "https://e"}) and DONE,
        lambda _, out: out.inline("paragraph") or DONE,
        lambda _, out: out.align("alignment", {"align": "sideways"}),
    ],
)
@pytest.mark.parametrize(
    "html",
    [
        "<x-y>a</x-y>",
        "<ul><li><x-y>a</x-y>b</li></ul>",
        "<table><tr><td><x-y>a</x-y></td></tr></table>",
        "<h1><x-y>a</x-y></h1>",
        "<pre><x-y>a</x-y></pre>",
    ],
)
def test_a_rule_that_asks_for_what_cannot_be_gives_a_valid_document(apply, html):
    conversion = convert_html(html, options(DEFAULT_RULES.before("mark", Rule("wild", apply, frozenset({"x-y"})))))
    assert check_adf(conversion.document) == []
    assert "a" in str(conversion.document)


def test_a_refused_node_is_noted():
    rules = DEFAULT_RULES.before("mark", Rule("wild", lambda _, out: out.open("nonsense"), frozenset({"x-y"})))
    (loss,) = convert_html("<x-y>a</x-y>", options(rules)).losses
    assert (loss.kind, loss.path, loss.excerpt) == (LossKind.NODE_REFUSED, "body > x-y", "a")
    assert loss.detail == "ADF has no node nonsense"


def test_sets_are_values():
    assert DEFAULT_RULES.before("box", SPOILER) == DEFAULT_RULES.before("box", SPOILER) != DEFAULT_RULES
    assert hash(RuleSet(DEFAULT_RULES.rules)) == hash(DEFAULT_RULES)
    assert "spoiler" not in repr(DEFAULT_RULES)


@pytest.mark.parametrize("change", ["before", "after", "replace"])
def test_an_unknown_name_is_an_error(change):
    with pytest.raises(KeyError, match="no-such-rule"):
        getattr(DEFAULT_RULES, change)("no-such-rule", SPOILER)


def test_names_are_unique():
    with pytest.raises(ValueError, match="names"):
        DEFAULT_RULES.before("box", Rule("box", spoiler))


def test_more_combinations_of_attributes_than_are_remembered():
    rules = RuleSet(DEFAULT_RULES.rules)
    html = "".join(f"<p a{number}=1>x</p>" for number in range(3000))
    assert len(html_to_adf(html, options(rules))["content"]) == 3000

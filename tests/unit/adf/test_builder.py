import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.adf.building import doc, h, leaf, li, node, p, strong, table, td, tr, ul

from jira_session_export._adf.builder import MAX_DEPTH, Builder
from jira_session_export._adf.check import check_adf
from jira_session_export._adf.frames import PLAINLY, Frame
from jira_session_export._adf.losses import MAX_LOSSES, LossKind
from jira_session_export._adf.schema import MARKS, NODES


def kinds(builder):
    return [loss.kind for loss in builder.losses]


def test_an_empty_document_has_an_empty_paragraph():
    assert Builder().finish() == doc(p())


def test_blocks_and_text():
    out = Builder()
    heading = out.open("heading", {"level": 2})
    out.text("Title")
    out.end(heading)
    out.text("one ")
    bold = out.mark("strong")
    out.text("two")
    out.end(bold)
    assert out.finish() == doc(h(2, "Title"), p("one ", strong("two")))


@pytest.mark.parametrize("node_type", sorted(PLAINLY["doc"]))
def test_a_block_that_begins_plainly_has_the_frame_of_any_other(node_type):
    """The builder fills it in place of calling `Frame`, so nothing else would tell a slot that was forgotten."""
    attrs = {"level": 2} if node_type == "heading" else None
    opened = Builder().open_plainly(node_type, attrs)
    made = Frame(opened.node, opened.parent)
    assert type(opened) is Frame
    for slot in Frame.__slots__:
        assert getattr(opened, slot) is getattr(made, slot)
    assert Builder().open(node_type, attrs).node == opened.node


def test_a_heading_without_a_level_is_refused():
    out = Builder()
    out.open("heading")
    out.text("Title")
    assert out.finish() == doc(p("Title"))
    assert kinds(out) == [LossKind.NODE_REFUSED]


def test_a_block_that_begins_plainly_ends_the_line_that_is_open():
    out = Builder()
    out.open("bulletList")
    out.open("listItem")
    out.text("one ")
    assert out.open_plainly("bulletList")
    out.end(out.open("listItem"))
    assert out.finish() == doc(ul(li(p("one"), ul(li(p())))))


def test_text_of_equal_marks_is_one_node():
    out = Builder()
    for word in ("a", "b", "c"):
        out.text(word)
        out.end(out.mark("strong"))
    assert out.finish() == doc(p("abc"))


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        (["listItem"], doc(ul(li(p("x"))))),
        (["tableCell"], doc(table(tr(td(p("x")))))),
        (["bulletList"], doc(ul(li(p("x"))))),
        (["table"], doc(table(tr(td(p("x")))))),
        (["bulletList", "bulletList"], doc(ul(li(ul(li(p("x"))))))),
        (["taskItem"], doc(node("taskList", node("taskItem", "x", localId="taskItem-1", state="TODO"), localId="taskList-2"))),
    ],
)  # fmt: skip
def test_missing_parents_are_opened(opened, expected):
    out = Builder()
    for kind in opened:
        out.open(kind)
    out.text("x")
    assert out.finish() == expected
    assert out.losses == []


def test_what_is_moved_out_is_noted_and_the_rest_goes_on():
    out = Builder()
    panel = out.open("panel", {"panelType": "info"})
    out.text("a")
    inner = out.open("table")
    out.text("b")
    out.end(inner)
    out.text("c")
    out.end(panel)
    out.text("d")
    assert out.finish() == doc(
        node("panel", p("a"), panelType="info"), table(tr(td(p("b")))), node("panel", p("c"), panelType="info"), p("d")
    )
    assert kinds(out) == [LossKind.STRUCTURE_CHANGED]


@pytest.mark.parametrize(
    ("kind", "attrs"),
    [("marquee", None), ("heading", {"level": 9}), ("heading", None), ("panel", {"panelType": "pink"}), ("doc", None)],
)
def test_a_node_that_adf_does_not_know_is_refused_and_its_text_stays(kind, attrs):
    out = Builder()
    opened = out.open(kind, attrs)
    out.text("x")
    out.end(opened)
    assert out.finish() == doc(p("x"))
    assert kinds(out) == [LossKind.NODE_REFUSED]


@pytest.mark.parametrize(
    ("kind", "attrs"), [("blink", None), ("textColor", {"color": "red"}), ("link", {}), ("alignment", {"align": "end"})]
)
def test_a_mark_that_adf_does_not_know_is_refused(kind, attrs):
    out = Builder()
    out.mark(kind, attrs)
    out.text("x")
    assert out.finish() == doc(p("x"))
    assert kinds(out) == [LossKind.NODE_REFUSED]


def test_unknown_attributes_are_left_out():
    out = Builder()
    out.end(out.open("expand", {"title": "t", "colour": "red"}))
    assert out.finish() == doc(node("expand", p(), title="t"))


def test_ending_twice_ends_once():
    out = Builder()
    outer = out.open("panel", {"panelType": "tip"})
    inner = out.open("bulletList")
    out.text("a")
    out.end(inner)
    out.end(inner)
    out.text("b")
    out.end(outer)
    assert out.finish() == doc(node("panel", ul(li(p("a"))), p("b"), panelType="tip"))


def test_blocks_in_a_line_wait_for_its_end():
    out = Builder()
    heading = out.open("heading", {"level": 1})
    out.text("a")
    out.block("rule")
    out.text("b")
    out.end(heading)
    assert out.finish() == doc(h(1, "ab"), leaf("rule"))


def test_depth_is_bounded():
    out = Builder()
    for _ in range(10 * MAX_DEPTH):
        out.open("bulletList")
        out.open("listItem")
    out.text("deep")
    document = out.finish()
    assert check_adf(document) == []
    depth = 0
    while "content" in document:
        document, depth = document["content"][0], depth + 1
    assert document == {"type": "text", "text": "deep"}
    assert depth <= MAX_DEPTH + 3
    assert LossKind.NESTING_FLATTENED in kinds(out)


def test_losses_are_bounded_and_counted():
    out = Builder()
    for _ in range(MAX_LOSSES + 5):
        out.lose(LossKind.IMAGE_REMOVED, "x" * 1000, "gone")
    assert len(out.losses) == MAX_LOSSES
    assert out.unlisted_losses == 5
    assert len(out.losses[0].excerpt) <= 501


ATTRS = st.sampled_from(
    [None, {}, {"level": 1}, {"panelType": "info"}, {"url": "https://a"}, {"text": "t", "color": "red"}, {"id": "1"},
     {"timestamp": "1"}, {"shortName": ":a:"}, {"width": 50}, {"title": "t"}, {"layout": "center"}, {"order": 3},
     {"extensionKey": "k", "extensionType": "t"}, {"href": "https://a"}, {"align": "end"}, {"color": "#ff0000"},
     {"type": "external", "url": "https://a"}, {"resourceId": "r", "localId": "l"}]
)  # fmt: skip
CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.sampled_from([*NODES, "blink"]), ATTRS),
        st.tuples(st.just("block"), st.sampled_from(["rule", "blockCard", "embedCard", "extension", "mediaSingle", "panel", "x"]), ATTRS),
        st.tuples(st.just("inline"), st.sampled_from([*NODES, "blink"]), ATTRS),
        st.tuples(st.just("mark"), st.sampled_from([*MARKS, "blink"]), ATTRS),
        st.tuples(st.sampled_from(["text", "end", "hard_break", "title", "task", "loose", "end_line"])),
    ),
    max_size=30,
)  # fmt: skip


@given(CALLS)
def test_whatever_is_asked_for_the_document_is_valid(calls):
    out = Builder()
    begun = []
    for call, *arguments in calls:
        if call == "end":
            if begun:
                out.end(begun.pop())
        elif call == "text":
            out.text(" x ")
        elif call == "task":
            out.make_task("DONE")
        elif call == "loose":
            begun.append(out.loose_item(2))
        elif call in {"open", "mark", "title"}:
            begun.append(getattr(out, call)(*arguments))
        else:
            getattr(out, call)(*arguments)
    assert check_adf(out.finish()) == []

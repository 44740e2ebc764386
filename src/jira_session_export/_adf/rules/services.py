"""Elements that services have for themselves: Teams' code and emoji, Joplin's sources, Word's drawings, lazy images."""

import re
from typing import Final

from jira_session_export._adf.block_words import length_in_pixels
from jira_session_export._adf.builder import DONE
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import SKIP_SILENTLY, Outcome, Rule, Skip
from jira_session_export._adf.tables import TableContext


def _code_block(element: Element, out: Output) -> Outcome:
    """`<codeblock class="Python">` of Teams."""
    return out.code_block(element.get("class").partition(" ")[0])


def _emoji(element: Element, out: Output) -> Outcome:
    """`<emoji alt="🙂">` of Teams."""
    shown = element.get("alt") or element.get("title")
    if not shown:
        return None
    out.text(shown)
    return SKIP_SILENTLY


def _code_panel(element: Element, out: Output) -> Outcome:
    """Mattermost's code: a label with the language and the line numbers stand in it, too."""
    return out.code_block() if "post-code" in element.classes else None


def _code_panel_label(element: Element, out: Output) -> Outcome:
    if "post-code__overlay" not in element.classes or out.parent_type != "codeBlock":
        return None

    def name(pieces: list[str]) -> None:
        if language := "".join(pieces).strip().lower():
            out.code_language(language)

    return out.gather(name)


def _highlighted_table(element: Element, out: Output) -> Outcome:
    """SyntaxHighlighter's code, as Confluence shows it: a table of one row with a `<div>` for each line."""
    if out.parent_type == "codeBlock":
        element.is_ornament()  # A hint on how to select the code.
        return out.code_line() if "line" in element.classes else DONE
    if "syntaxhighlighter" not in element.classes:
        return None
    language = next((word for word in element.classes - _OF_HIGHLIGHTER if word.isalpha()), "")
    restore, out.table_context = out.table_context, TableContext("code")

    def done() -> None:
        out.table_context = restore

    return (done, out.code_block(language))


def _message(element: Element, out: Output) -> Outcome:
    """Each message of Discord is an item, of a list that is not copied with it."""
    return out.begin_line()


def _tracked_change(element: Element, out: Output) -> Outcome:
    """Pandoc's `--track-changes=all`: who added or deleted what."""
    words = element.classes
    if "data-author" not in element.attrs:
        return None
    if "comment-start" in words:
        return Skip(LossKind.TEXT_REMOVED, f"a comment by {element.get('data-author')}")
    for word, mark in (("insertion", "underline"), ("deletion", "strike")):
        if word in words:
            return out.mark(mark)
    return None


def _spoiler(element: Element, out: Output) -> Outcome:
    """Zulip's part that opens."""
    words = element.classes
    if "spoiler-block" in words:
        return out.open("expand")
    if "spoiler-header" in words:
        return out.title()
    return SKIP_SILENTLY if "spoiler-button" in words else None


def _joplin(element: Element, out: Output) -> Outcome:
    """Joplin's frame: the source of a block, and after it the same once more, as it is shown."""
    if "joplin-editable" not in element.classes:
        return None
    before, out.joplin_source = out.joplin_source, False
    out.end_line()

    def restore() -> None:
        out.end_line()
        out.joplin_source = before

    return restore


def _joplin_source(element: Element, out: Output) -> Outcome:
    if out.joplin_source is None:
        return None
    if out.joplin_source:
        return SKIP_SILENTLY
    if "joplin-source" not in element.classes:
        return None
    closing = out.code_block(element.get("data-joplin-language"))

    def done() -> None:
        out.joplin_source = True

    return (done, closing)


# --- images


def _vector_frame(element: Element, out: Output) -> Outcome:
    """`<v:shape>`: Word's frame for a picture, with its words and its size."""
    before = out.image_element
    width, height = (length_in_pixels(element.style.get(name, "")) for name in ("width", "height"))
    out.image_element = (element.get("alt"), round(width) if width else None, round(height) if height else None)
    if element.get("id"):
        out.drawn_shapes.add(element.get("id"))

    def restore() -> None:
        out.image_element = before

    return restore


def _vector_image(element: Element, out: Output) -> Outcome:
    source = element.get("src")
    if not source:
        return None
    alt, width, height = out.image_element or ("", None, None)
    out.image(source, alt=alt or element.get("o:title"), width=width, height=height)
    return DONE


def _drawn_already(element: Element, out: Output) -> Outcome:
    """What Word writes for those that cannot draw a shape."""
    shapes = element.get("v:shapes").split()
    return DONE if shapes and out.drawn_shapes.issuperset(shapes) else None


def _test_steps(element: Element, out: Output) -> Outcome:
    """The steps of a test case of Azure DevOps, as its field has them and its form shows them: a table."""
    table = out.open("table")
    row = out.open("tableRow")
    for word in ("Action", "Expected result"):
        out.end((out.open("tableHeader"), out.written_text(word)))
    out.end(row)
    return table


def _test_step(element: Element, out: Output) -> Outcome:
    return out.open("tableRow") if out.parent_type == "table" else None


def _test_step_text(element: Element, out: Output) -> Outcome:
    """What to do in a step, or what is expected then: HTML, written as text."""
    if out.parent_type != "tableRow":
        return None
    element.is_ornament()

    def write(pieces: list[str]) -> None:
        out.read_html("".join(pieces))

    return (out.open("tableCell"), out.gather(write))


def _shared_steps(element: Element, out: Output) -> Outcome:
    said = f'<compref ref="{element.get("ref")}">'
    out.lose(LossKind.CONTENT_REMOVED, said, "steps that test cases share: they are in the work item of this number")
    element.is_ornament()
    return DONE


def _test_step_note(element: Element, out: Output) -> Outcome:
    if out.parent_type != "tableRow":
        return None
    element.is_ornament()  # Nearly always empty.
    return DONE


def _noscript(element: Element, out: Output) -> Outcome:
    """The twin of an image that a script loads."""
    before, out.in_noscript = out.in_noscript, True

    def restore() -> None:
        out.in_noscript = before

    return restore


_DIV: Final = frozenset({"div"})
_CLASS: Final = frozenset({"class"})
_OF_HIGHLIGHTER: Final = frozenset({"syntaxhighlighter", "nogutter", "gutter", "collapsed", "plain", "text", "default"})
_JOPLIN: Final = re.compile(r"joplin-editable")

SERVICE_RULES = (
    Rule("teams-code", _code_block, frozenset({"codeblock"})),
    Rule("teams-emoji", _emoji, frozenset({"emoji", "customemoji"})),
    Rule("mattermost-code", _code_panel, _DIV, _CLASS, mentions=re.compile(r"post-code(?!\S)")),
    Rule("mattermost-code-label", _code_panel_label, _DIV, _CLASS, mentions=re.compile(r"post-code__overlay")),
    Rule(
        "highlighted-table",
        _highlighted_table,
        _DIV,
        _CLASS,
        mentions=re.compile(r"syntaxhighlighter|line number|container"),
    ),
    Rule("tracked-change", _tracked_change, frozenset({"span"}), frozenset({"data-author"})),
    Rule("discord-message", _message, frozenset({"li"}), _CLASS, mentions=re.compile(r"(?<!\S)messagelistitem")),
    Rule("zulip-fold", _spoiler, frozenset({"div", "span"}), _CLASS, mentions=re.compile(r"(?<!\S)spoiler-")),
    Rule("joplin", _joplin, frozenset({"div"}), frozenset({"class"}), mentions=_JOPLIN),
    Rule("joplin-source", _joplin_source, frozenset({"pre"}), frozenset({"class"})),
    Rule("vml-shape", _vector_frame, frozenset({"v:shape", "v:rect"})),
    Rule("vml-image", _vector_image, frozenset({"v:imagedata"}), frozenset({"src"})),
    Rule("test-steps", _test_steps, frozenset({"steps"}), frozenset({"id", "last"})),
    Rule("shared-steps", _shared_steps, frozenset({"compref"}), frozenset({"ref"})),
    Rule("test-step", _test_step, frozenset({"step"})),
    Rule("test-step-text", _test_step_text, frozenset({"parameterizedstring"})),
    Rule("test-step-note", _test_step_note, frozenset({"description"})),
    Rule("drawn-already", _drawn_already, frozenset({"img"}), frozenset({"v:shapes"})),
    Rule("noscript", _noscript, frozenset({"noscript"})),
)

"""The page of the documentation that says what arrives from which editor, made from the corpus.

`python -m tests.conformance.editors.table` writes it.
"""

import re
from pathlib import Path
from typing import NamedTuple

from tests.conformance.editors.entries import Entry, entries

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "editors.md"


class Sign(NamedTuple):
    """By what a construct is known in an editor's HTML, and in the outline of a document."""

    html: str
    adf: str


SIGNS = {
    "marks": Sign(r"bold|strong", r"\| strong"),
    "sub and superscript": Sign(r"<su[bp]", r"subsup type=sub"),
    "link": Sign(r"href=", r"link href=https://docs"),
    "headings": Sign(r"<h2", r"heading level=2"),
    "nested bullet list": Sign(r"pear", r"bulletList\n(?: .*\n)*    bulletList"),
    # draftjs-to-html writes the inner list beside the outer one.
    "numbers in bullets": Sign(
        r"\A(?!.*</li>\s*</ul>\s*<ol>\s*<li>wash).*wash", r"bulletList\n(?: .*\n)*    orderedList"
    ),
    "numbers from 3": Sign(r'start="3"', r"orderedList order=3"),
    "check list": Sign(r"check|task|todo", r"state=TODO(?:.|\n)*state=DONE"),
    "nested check list": Sign(r"check|task|todo", r"taskList(?:.|\n)*  taskList(?:.|\n)*state=DONE"),
    "code block": Sign(r"def f\(\):(?:\n|<)", r'codeBlock.*\n  "def f\(\):\\n    return 1 < 2"'),
    "quotation": Sign(r"<blockquote|quote", r"blockquote"),
    "table with a header": Sign(r"<th\b|<thead", r"tableHeader"),
    "merged cells": Sign(r'colspan="2"', r"colspan=2"),
    "cell background": Sign(r"<td[^>]*background-color", r"background=#ffcc00"),
    "image": Sign(r"<img", r"media type=external"),
    "image with a width": Sign(r"<img[^>]*200", r"width=200"),
    "image at the right": Sign(r"float:\s*right|-right|\"right\"", r"layout=(?:wrap-right|align-end)"),
    "image with a caption": Sign(
        r"<figcaption[^>]*>(?:<(?!/)[^>]*>)*Where|fr-inner|caption-text", r"caption\n *\"Where we are\""
    ),
    "linked image": Sign(r"href=.*<img", r"media .*\| link"),
    "text colour": Sign(r"(?<!-)color(?:=|:|: )", r"textColor color=#e60000"),
    "text background": Sign(r"background(?:-color)?:|backgroundColor|<mark", r"backgroundColor color="),
    "white on black": Sign(
        r"background(?:-color)?:|backgroundColor|<mark", r"color=#ffffff backgroundColor color=#000000"
    ),
    "centred": Sign(r"center", r"alignment align=center"),
    "at the right": Sign(r"right", r"alignment align=end"),
    "indented": Sign(r"margin|padding|indent", r"indentation level=1"),
    "rule": Sign(r"<hr", r"rule"),
    "break": Sign(r"<br|>one line\nanother<", r"hardBreak|\"one line\"\nparagraph"),
    "empty line": Sign(r"<p[^>]*>(?:<br[^>]*>|&nbsp;)?</p>|<br", r"paragraph\n(?:  \"&nbsp;\"\n)?paragraph"),
    "emoji": Sign(r"🎉", r"🎉"),
    "formula": Sign(r"c\^2", r"let c\^2 be|c\^2"),
    "embedded video": Sign(r"video|youtube", r"inlineCard url="),
    "details": Sign(r"<details|toggle", r"expand title=More"),
}

ARRIVES, LOSS, NOT_WRITTEN, WRONG = "yes", "loss", "-", "wrong"


def state_of(entry: Entry) -> str:
    """What becomes of a construct: `-` when the editor itself does not write it."""
    sign = SIGNS[entry.construct]
    if not re.search(sign.html, entry.html, re.IGNORECASE | re.DOTALL):
        return NOT_WRITTEN
    if re.search(sign.adf, entry.adf, re.MULTILINE):
        return ARRIVES
    return LOSS if entry.losses else WRONG


def page() -> str:
    """The page, in Markdown."""
    known = list(entries())
    editors = sorted({(entry.editor, entry.version) for entry in known}, key=lambda pair: pair[0].lower())
    states = {(entry.editor, entry.construct): state_of(entry) for entry in known}
    lines = [
        "# What arrives from which editor",
        "",
        "Each editor was run in Chromium, filled through its own commands, and what it wrote was converted. **yes**: it",
        "arrives as it was meant. **loss**: it arrives changed, and a loss says so. **-**: the editor does not write it, or",
        "was not asked for it.",
        "",
        "| Editor | Version |",
        "| --- | --- |",
        *(f"| {editor} | {version} |" for editor, version in editors),
        "",
    ]
    for first in range(0, len(editors), 8):
        names = [editor for editor, _ in editors[first : first + 8]]
        lines += [f"| Construct | {' | '.join(names)} |", f"| --- |{' --- |' * len(names)}"]
        for construct in SIGNS:
            cells = " | ".join(states.get((name, construct), NOT_WRITTEN) for name in names)
            lines.append(f"| {construct} | {cells} |")
        lines.append("")
    lines += [
        "What is lost by the content model itself, whatever the editor, is in",
        "[What is lost in ADF](../explanation/what-is-lost-in-adf.md): bullets below a task stand after it, letters as",
        "numbers become digits, fonts and sizes go. Tables without a header in the editor have none in Jira. A video or",
        "audio player becomes a link card to its address, with a loss.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

"""The tables of the how-to that says where text comes from, made from the corpus.

`python -m tests.conformance.office.table` writes them.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.conformance.office.entries import Entry, entries
from tests.conformance.test_corpus import ENTRIES as PASTED

PAGE: Final = Path(__file__).parents[3] / "docs" / "how-to" / "where-text-comes-from.md"
MARK: Final = "<!-- made from the corpus: {} -->"
END: Final = "<!-- end -->"


class Sign(NamedTuple):
    """By what a construct is known in what a program writes, and in the outline of a document."""

    document: str
    source: str
    adf: str


SIGNS: Final = {
    "title of the document": Sign(
        "marks", r"<h1[^>]*>Pump|^# Pump|class=\"Title\"", r'heading level=1\n  "Pump house"'
    ),
    "headings": Sign("marks", r"<h2|^## ", r'heading level=2\n  "Pumps"'),
    "bold, italic": Sign("marks", r"bold", r'"bold" \| strong(?:.|\n)*"italic" \| em'),
    "underlined": Sign("marks", r"<u>underlined|T3\"", r'"underlined" \| underline'),
    "struck": Sign("marks", r"(?:<s>|<strike>|<del>|~~)struck", r'"struck" \| strike'),
    "sub and superscript": Sign("marks", r"<sup>raised|T6\"", r"subsup type=sup(?:.|\n)*subsup type=sub"),
    "highlighted": Sign("marks", r"background-color:#ffff00", r'"highlighted" \| backgroundColor'),
    "shaded": Sign("marks", r"#ccffcc", r'"shaded" \| backgroundColor color=#ccffcc'),
    "text colour": Sign("marks", r"#e60000", r'"red" \| textColor color=#e60000'),
    "link": Sign("marks", r"docs.{0,1}\.example", r'"the manual" \| link'),
    "line break": Sign("marks", r"<br|One line  \n", r'hardBreak\n  "next line'),
    "centred": Sign("marks", r"center", r'align=center\n  "Centred"'),
    "at the right": Sign("marks", r"align=\"right|align:right", r'align=end\n  "At the right"'),
    "indented": Sign("marks", r"margin-left:\s*0.5in[^>]*>Indented", r'indentation level=1\n  "Indented"'),
    "quotation": Sign("marks", r"<blockquote|^> |class=\"Quote\"", r'blockquote(?:\n  .*)*"A quotation"'),
    "symbol fonts": Sign("marks", r"\uf0fc", r"Ready ✓ and (?:☺ )?so α"),
    "hidden text": Sign("marks", r"display:\s*none", r"\A(?:(?!hidden)(?:.|\n))*\Z"),
    "nested bullets": Sign("lists", r"apple", r'"apple"\n    bulletList\n(?: .*\n)*        bulletList'),
    "nested numbers": Sign("lists", r"dig", r'"dig"\n    orderedList\n(?: .*\n)*        orderedList'),
    "numbers that go on after a paragraph": Sign(
        "lists", r"start=\"3\"(?:.|\n)*water|\n3\. +water|>3\.</span>water", r'"Between."\norderedList order=3'
    ),
    "numbers from 3": Sign(
        "lists", r"start=\"3\"(?:.|\n)*third|\n3\. +third|>3\.</span>third", r'"From three:"\norderedList order=3'
    ),
    "letters and romans": Sign("lists", r"type=\"I\"|>I\.</span>", r'"I"'),
    "numbers in bullets": Sign("lists", r"dash", r'"dash"\n    orderedList\n(?: .*\n)*        bulletList'),
    "table": Sign("tables", r"<td", r"tableCell"),
    "header row": Sign("tables", r"<thead|<th", r'tableHeader.*\n      paragraph\n        "Part"'),
    "merged cells": Sign("tables", r"colspan=\"2\"", r"rowspan=2(?:.|\n)*colspan=2"),
    "cell background": Sign("tables", r"#ffcc00", r"background=#ffcc00"),
    "list in a cell": Sign(
        "tables", r"<li", r'bulletList\n        listItem\n          paragraph\n            "in a list"'
    ),
    "table in a table": Sign("tables", r"<table(?:.|\n)*<table(?:.|\n)*<table", r"table\n(?: .*\n)*      table"),
    "pictures": Sign("media", r"<img|!\[", r"localId=embedded-1(?:.|\n)*localId=embedded-2"),
    "text box": Sign("media", r"Text in a box", r'"Text in a box"'),
    "lines of code": Sign("media", r"Courier", r'codeBlock\n  "def f\(\):\\n *return 1 < 2\\n\\nprint'),
    "formula": Sign("media", r"frac", r"c\^\{2\} = .+frac"),
    "inserted, deleted": Sign("review", r"deletion", r'"very" \| underline(?:.|\n)*"not" \| strike'),
    "comment": Sign("review", r"Is it\?(?! -->)", r"Is it\?"),
    "footnotes": Sign("notes", r"1987", r"Built in 1987"),
    "check list": Sign("notes", r"☐(?! open\n)|\[ \]|checkbox", r"state=TODO(?:.|\n)*state=DONE"),
}

ARRIVES, LOSS, NOT_WRITTEN, WRONG = "yes", "loss", "-", "wrong"
NODES: Final = {
    "heading": "heading", "bulletList": "bullet list", "orderedList": "numbered list", "taskList": "task list",
    "codeBlock": "code block", "blockquote": "quotation", "panel": "panel", "expand": "expand", "rule": "rule",
    "table": "table", "mediaSingle": "picture", "hardBreak": "line break", "emoji": "emoji", "strong": "bold",
    "em": "italic", "strike": "struck", "underline": "underlined", "subsup": "sub or superscript", "code": "code",
    "textColor": "text colour", "backgroundColor": "highlight", "link": "link", "alignment": "alignment",
    "indentation": "indentation", "tableHeader": "header cell", "status": "status", "mention": "mention",
}  # fmt: skip
_PASTED: Final = (
    "office",
    "office-lists",
    "office-fonts",
    "office-mail",
    "office-boxes",
    "office-more",
    "word",
    "paste",
)


def state_of(construct: str, entry: Entry) -> str:
    """What becomes of a construct: `-` when the program itself does not write it."""
    sign = SIGNS[construct]
    if not re.search(sign.source, entry.capture.source, re.MULTILINE):
        return NOT_WRITTEN
    if re.search(sign.adf, entry.adf, re.MULTILINE):
        return ARRIVES
    return LOSS if entry.losses else WRONG


def run_programs() -> str:
    """Program by construct."""
    known = {(f"{e.capture.program} ({e.capture.format})", e.capture.document): e for e in entries()}
    names = list(dict.fromkeys(name for name, _ in known))
    shown = [name.replace(" (html)", "" if name.startswith("Libre") else ", HTML").replace(" (markdown)", ", Markdown")
             for name in names]  # fmt: skip
    versions = dict.fromkeys(f"{e.capture.program.split(',')[0]} {e.capture.version}" for e in known.values())
    lines = [f"{', '.join(versions)}.", "", f"| | {' | '.join(shown)} |", f"|---{'|---' * len(names)}|"]
    for construct, sign in SIGNS.items():
        states = (state_of(construct, known[name, sign.document]) for name in names)
        lines.append(f"| {construct} | {' | '.join(states)} |")
    return "\n".join(lines)


def pasted() -> str:
    """Source by what arrives, what it becomes, what is reported as lost."""
    rows: dict[str, list[str]] = defaultdict(list)
    for entry in PASTED:
        file, _, title = entry.title.partition(": ")
        source, colon, what = title.partition(": ")
        if file in _PASTED and colon:
            said = ", ".join(dict.fromkeys(line.split(" ", 1)[0] for line in entry.losses.splitlines()))
            rows[source].append(f"| {source} | {_cell(what)} | {', '.join(_shown(entry.expected))} | {said} |")
    lines = ["| Source | What arrives | It becomes | Reported as lost |", "|---|---|---|---|"]
    return "\n".join(lines + [row for source in sorted(rows, key=str.lower) for row in rows[source]])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _shown(adf: str) -> Iterator[str]:
    found = re.findall(r"^ *(\w+)|(?:\| |(?<=\S) )(\w+)(?= |$)", adf, re.MULTILINE)
    words = [NODES[name] for pair in found for name in pair if name in NODES]
    yield from dict.fromkeys(words) or ["text"]


def page(text: str) -> str:
    """The page with its tables made anew."""
    for name, made in (("pasted", pasted()), ("programs", run_programs())):
        mark = MARK.format(name)
        before, _, rest = text.partition(mark)
        _, _, after = rest.partition(END)
        text = f"{before}{mark}\n\n{made}\n\n{END}{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

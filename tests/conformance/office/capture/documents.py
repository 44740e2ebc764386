"""Writes documents with what people use in Word, for `capture.sh`: `python documents.py FOLDER` (python-docx 1.2.0)."""

import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docx import Document  # type: ignore[import-not-found]
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_COLOR_INDEX  # type: ignore[import-not-found]
from docx.oxml import parse_xml  # type: ignore[import-not-found]
from docx.oxml.ns import nsdecls, qn  # type: ignore[import-not-found]
from docx.shared import Cm, RGBColor  # type: ignore[import-not-found]

Levels = list[tuple[str, str, str]]
"""For each level the format of the number, its text, and the font of a bullet."""

BULLETS: Levels = [("bullet", "\uf0b7", "Symbol"), ("bullet", "o", "Courier New"), ("bullet", "\uf0a7", "Wingdings")]
NUMBERS: Levels = [("decimal", "%1.", ""), ("lowerLetter", "%2)", ""), ("lowerRoman", "%3.", "")]
ROMANS: Levels = [("upperRoman", "%1.", ""), ("upperLetter", "%2.", ""), ("decimal", "%3)", "")]
LETTERS: Levels = [("lowerLetter", "%1)", "")]
OUTLINE: Levels = [("decimal", "%1.", ""), ("decimal", "%1.%2.", ""), ("decimal", "%1.%2.%3.", "")]
MIXED: Levels = [("bullet", "\u2013", ""), ("decimal", "%2.", ""), ("bullet", "\uf0fc", "Wingdings")]
W = nsdecls("w")
CHANGED = 'w:author="Ann" w:date="2025-01-01T10:00:00Z"'
FORMULA = (
    '<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:sSup><m:e><m:r><m:t>c</m:t></m:r>'
    "</m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup><m:r><m:t>=</m:t></m:r><m:f><m:num><m:r><m:t>a</m:t></m:r>"
    "</m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath>"
)
TEXT_BOX = (
    f'<w:r {W} xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:shape id="s1" type="#_x0000_t202" '
    'style="width:150pt;height:40pt"><v:textbox><w:txbxContent><w:p><w:r><w:t>Text in a box</w:t></w:r></w:p>'
    "</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
)


def picture(path: Path) -> str:
    """An orange field."""
    raw = b"".join(b"\0" + b"\xff\x80\x00" * 40 for _ in range(20))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 40, 20, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    return str(path)


def numbering(document: Any, levels: Levels, start: int = 1) -> int:
    """The number of a new list of these levels."""
    part = document.part.numbering_part.numbering_definitions._numbering
    number = max([int(one.get(qn("w:abstractNumId"))) for one in part.findall(qn("w:abstractNum"))] + [0]) + 1
    written = ""
    for level, (kind, text, font) in enumerate(levels):
        fonts = f'<w:rPr><w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:hint="default"/></w:rPr>' if font else ""
        written += (
            f'<w:lvl w:ilvl="{level}"><w:start w:val="{1 if level else start}"/><w:numFmt w:val="{kind}"/>'
            f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{720 * (level + 1)}" '
            f'w:hanging="360"/></w:pPr>{fonts}</w:lvl>'
        )
    kind = '<w:multiLevelType w:val="multilevel"/>'
    part.find(qn("w:num")).addprevious(
        parse_xml(f'<w:abstractNum {W} w:abstractNumId="{number}">{kind}{written}</w:abstractNum>')
    )
    return int(part.add_num(number).numId)


def item(holder: Any, text: str, number: int, level: int = 0) -> None:
    paragraph = holder.add_paragraph(text, style="List Paragraph")
    paragraph._p.get_or_add_pPr().append(
        parse_xml(f'<w:numPr {W}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')
    )


def items(document: Any, title: str, number: int, *texts: tuple[str, int]) -> None:
    document.add_paragraph(title)
    for text, level in texts:
        item(document, text, number, level)


def shade(properties: Any, colour: str) -> None:
    properties.append(parse_xml(f'<w:shd {W} w:val="clear" w:color="auto" w:fill="{colour}"/>'))


def marks(document: Any, folder: Path) -> None:
    document.add_heading("Pump house", 0)
    document.add_heading("State", 1)
    document.add_heading("Pumps", 2)
    paragraph = document.add_paragraph("Plain, ")
    for text, attribute in (
        ("bold", "bold"), ("italic", "italic"), ("underlined", "underline"), ("struck", "strike"),
        ("small caps", "small_caps"), ("raised", "superscript"), ("lowered", "subscript"), ("all caps", "all_caps"),
        ("hidden", "hidden"),
    ):  # fmt: skip
        setattr(paragraph.add_run(text).font, attribute, True)
        paragraph.add_run(", ")
    paragraph.add_run("highlighted").font.highlight_color = WD_COLOR_INDEX.YELLOW
    paragraph.add_run(", ")
    paragraph.add_run("red").font.color.rgb = RGBColor(0xE6, 0, 0)
    paragraph.add_run(", ")
    shade(paragraph.add_run("shaded")._r.get_or_add_rPr(), "CCFFCC")
    paragraph.add_run(".")
    paragraph = document.add_paragraph("One line")
    paragraph.add_run().add_break()
    paragraph.add_run("next line\tafter a tab.")
    paragraph = document.add_paragraph("See ")
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
    related = paragraph.part.relate_to("https://docs.example/a?b=1", kind, is_external=True)
    paragraph._p.append(
        parse_xml(f'<w:hyperlink {nsdecls("w", "r")} r:id="{related}"><w:r><w:t>the manual</w:t></w:r></w:hyperlink>')
    )
    paragraph.add_run(" now.")
    document.add_paragraph("Centred").alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph("At the right").alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.add_paragraph("Indented").paragraph_format.left_indent = Cm(1.27)
    document.add_paragraph("A quotation", style="Quote")
    document.add_paragraph("A strong quotation", style="Intense Quote")
    paragraph = document.add_paragraph("Ready ")
    paragraph.add_run("\uf0fc").font.name = "Wingdings"
    paragraph.add_run(" and ")
    paragraph._p.append(parse_xml(f'<w:r {W}><w:sym w:font="Wingdings" w:char="F04A"/></w:r>'))
    paragraph.add_run(" so ")
    paragraph._p.append(parse_xml(f'<w:r {W}><w:sym w:font="Symbol" w:char="F061"/></w:r>'))
    paragraph.add_run(".")
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    document.add_paragraph("On the next page.")
    document.add_paragraph()
    document.add_paragraph("After an empty line.")


def lists(document: Any, folder: Path) -> None:
    bullets, numbers = numbering(document, BULLETS), numbering(document, NUMBERS)
    items(document, "Bullets:", bullets, ("apple", 0), ("pear", 1), ("plum", 2), ("fig", 0))
    items(document, "Numbers:", numbers, ("dig", 0), ("deep", 1), ("deeper", 2), ("wide", 1), ("plant", 0))
    items(document, "Between.", numbers, ("water", 0))
    items(document, "From three:", numbering(document, NUMBERS, 3), ("third", 0), ("fourth", 0))
    items(document, "Romans:", numbering(document, ROMANS), ("one", 0), ("A", 1), ("digit", 2), ("two", 0))
    items(document, "Letters:", numbering(document, LETTERS), ("first letter", 0), ("second letter", 0))
    outline = numbering(document, OUTLINE)
    items(document, "Outline:", outline, ("scope", 0), ("inside", 1), ("detail", 2), ("outside", 1))
    mixed = numbering(document, MIXED)
    items(document, "Mixed:", mixed, ("dash", 0), ("number", 1), ("check", 2), ("dash again", 0))
    items(document, "Two paragraphs:", bullets, ("the first", 0))
    document.add_paragraph("the second", style="List Paragraph").paragraph_format.left_indent = Cm(1.27)
    item(document, "the last", bullets)
    document.add_paragraph("By styles:")
    for style in ("List Bullet", "List Bullet 2", "List Number", "List Number 2"):
        document.add_paragraph(style.lower(), style=style)


def tables(document: Any, folder: Path) -> None:
    table = document.add_table(rows=4, cols=3)
    table.style = "Table Grid"
    table.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {W}/>"))
    for row, texts in enumerate((("Part", "State", "Since"), ("Pump", "open", "May"))):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(2, 0).merge(table.cell(2, 1)).text = "two columns"
    table.cell(2, 2).text = "June"
    table.cell(1, 2).merge(table.cell(2, 2))
    table.cell(3, 0).text = "valve"
    table.cell(3, 1).text = "shut"
    shade(table.cell(3, 1)._tc.get_or_add_tcPr(), "FFCC00")
    cell = table.cell(3, 2)
    cell.text = "first"
    cell.add_paragraph("second")
    item(cell, "in a list", numbering(document, BULLETS))
    document.add_paragraph("After it.")
    table = document.add_table(rows=1, cols=2)
    table.style = "Table Grid"
    table.cell(0, 0).text = "outer"
    table.cell(0, 1).add_table(rows=1, cols=1).cell(0, 0).text = "inner"


def media(document: Any, folder: Path) -> None:
    orange = picture(folder / "orange.png")
    document.add_paragraph("A picture:")
    document.add_picture(orange, width=Cm(4))
    document.add_paragraph("Figure 1: an orange field", style="Caption")
    paragraph = document.add_paragraph("In a line ")
    paragraph.add_run().add_picture(orange, width=Cm(1))
    paragraph.add_run(" of text.")
    document.add_paragraph("A box: ")._p.append(parse_xml(TEXT_BOX))
    document.add_paragraph("Code:")
    for line in ("def f():", "    return 1 < 2", "", "print(f())"):
        document.add_paragraph().add_run(line).font.name = "Courier New"
    paragraph = document.add_paragraph("Call ")
    paragraph.add_run("f()").font.name = "Consolas"
    paragraph.add_run(" first.")
    document.add_paragraph("Formula: ")._p.append(parse_xml(FORMULA))


def review(document: Any, folder: Path) -> None:
    paragraph = document.add_paragraph("The pump is ")
    text = '<w:t xml:space="preserve">very </w:t>'
    paragraph._p.append(parse_xml(f'<w:ins {W} w:id="1" {CHANGED}><w:r>{text}</w:r></w:ins>'))
    text = '<w:delText xml:space="preserve">not </w:delText>'
    paragraph._p.append(parse_xml(f'<w:del {W} w:id="2" {CHANGED}><w:r>{text}</w:r></w:del>'))
    paragraph.add_run("loud.")
    paragraph = document.add_paragraph()
    document.add_comment(paragraph.add_run("Commented"), text="Is it?", author="Bob", initials="B")
    paragraph.add_run(" words.")


def main(folder: Path) -> None:
    fillings: tuple[Callable[[Any, Path], None], ...] = (marks, lists, tables, media, review)
    for fill in fillings:
        document = Document()
        document.styles["Normal"].font.name = "Calibri"
        fill(document, folder)
        document.save(str(folder / f"{fill.__name__}.docx"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

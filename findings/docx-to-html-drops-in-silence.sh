#!/usr/bin/env bash
# Two converters of Word documents change what a document says, and do not warn of it.
#
# A document with a numbered list (1, 2), a paragraph, and the next item of the same list: Word shows it as 3. Then a line
# with a hidden word, a paragraph with a text box in it (as Word writes one: DrawingML, with VML for those that do not know it),
# and a table.
#
# mammoth 1.13.0: the third item begins a list of its own, at 1, in HTML and in Markdown. Hidden text is written as ordinary
# text: "Ready, not started" where a reader of the document sees "Ready, started". Its Markdown writes a table as one paragraph
# for each cell. None of that is among its messages.
#
# pandoc 3.9 (pypandoc_binary 1.17): the number is right, and so is the table. Hidden text is ordinary text there, too. Of the
# paragraph with the text box only the words in the box are left: those of the paragraph itself, "Stop the pump first.", are
# gone. Its log, asked for everything, is empty.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check mammoth==1.13.0 python-docx==1.2.0 pypandoc_binary==1.17
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import subprocess
import sys

import mammoth
import pypandoc
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

document = Document()
for text in ("dig", "plant"):
    document.add_paragraph(text, style="List Number")
document.add_paragraph("A week later:")
document.add_paragraph("water", style="List Number")
line = document.add_paragraph("Ready, ")
line.add_run("not ").font.hidden = True
line.add_run("started")
words = "<w:txbxContent><w:p><w:r><w:t>Mind the step</w:t></w:r></w:p></w:txbxContent>"
shape = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
spaces = (
    f'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wps="{shape}" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
drawing = (
    '<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="1905000" cy="508000"/>'
    f'<wp:docPr id="1" name="Text Box 1"/><a:graphic><a:graphicData uri="{shape}"><wps:wsp><wps:cNvSpPr txBox="1"/>'
    '<wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="1905000" cy="508000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
    f"</a:prstGeom></wps:spPr><wps:txbx>{words}</wps:txbx><wps:bodyPr/></wps:wsp></a:graphicData></a:graphic></wp:inline>"
    "</w:drawing>"
)
fallback = f'<w:pict><v:shape id="s1" style="width:150pt;height:40pt"><v:textbox>{words}</v:textbox></v:shape></w:pict>'
document.add_paragraph("Stop the pump first. ")._p.append(
    parse_xml(
        f'<w:r {nsdecls("w", "wp", "a")} {spaces}><mc:AlternateContent><mc:Choice Requires="wps">{drawing}</mc:Choice>'
        f"<mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent></w:r>"
    )
)
table = document.add_table(rows=1, cols=2)
table.cell(0, 0).text, table.cell(0, 1).text = "left", "right"
document.save("pump.docx")

with open("pump.docx", "rb") as file:
    html = mammoth.convert_to_html(file)
with open("pump.docx", "rb") as file:
    markdown = mammoth.convert_to_markdown(file)
print("mammoth, HTML:    ", html.value)
print("mammoth, Markdown:", repr(markdown.value))
print("mammoth, messages:", [message.message for message in html.messages + markdown.messages])
pandoc = subprocess.run(
    [pypandoc.get_pandoc_path(), "--verbose", "-t", "html", "pump.docx"], capture_output=True, text=True, check=True
)
print("pandoc, HTML:     ", " ".join(pandoc.stdout.split()))
print("pandoc, log:      ", repr(pandoc.stderr))
version = subprocess.run([pypandoc.get_pandoc_path(), "--version"], capture_output=True, text=True).stdout.split("\n")[0]
said = " ".join(message.message for message in html.messages + markdown.messages)
seen = {
    "mammoth begins at 1 again": "<p>A week later:</p><ol><li>water</li></ol>" in html.value and "1. water" in markdown.value,
    "mammoth shows hidden text": "Ready, not started" in html.value,
    "mammoth keeps the paragraph and the box": "Stop the pump first." in html.value and "Mind the step" in html.value,
    "mammoth's Markdown has no table": "left\n\nright" in markdown.value,
    "mammoth says nothing of it": not any(word in said for word in ("numb", "hidden", "vanish", "table")),
    "pandoc goes on at 3": '<ol start="3"' in pandoc.stdout,
    "pandoc shows hidden text": "Ready, not started" in pandoc.stdout,
    "pandoc drops the words beside the box": "Stop the pump" not in pandoc.stdout and "Mind the step" in pandoc.stdout,
    "pandoc says nothing of it": pandoc.stderr == "",
}
for what, true in seen.items():
    print(f"{what}: {true}")
sys.exit(not all(seen.values()) or version != "pandoc 3.9")
PYTHON

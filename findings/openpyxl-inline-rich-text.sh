#!/usr/bin/env bash
# openpyxl 3.1.5: with `rich_text=True` a workbook opened read-only tells the formatting of strings in the shared table
# only. Formatted text that stands in the cell itself (an inline string) comes as plain `str`, although the same file
# opened in full gives `CellRichText`. openpyxl itself writes all strings inline, so it cannot read back in read-only
# mode what it wrote; Excel and XlsxWriter write the shared table, where both modes agree.
#
# Seen: openpyxl's own file      full CellRichText, read-only str
#       XlsxWriter's file        full CellRichText, read-only CellRichText
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openpyxl==3.1.5 et_xmlfile==2.0.0 XlsxWriter==3.2.9
cd "$folder"
venv/bin/python - <<'PYTHON'
import openpyxl
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

book = openpyxl.Workbook()
book.active["A1"] = CellRichText("plain ", TextBlock(InlineFont(b=True), "bold"))
book.save("openpyxl.xlsx")

with xlsxwriter.Workbook("xlsxwriter.xlsx") as book:
    sheet = book.add_worksheet()
    sheet.write_rich_string("A1", "plain ", book.add_format({"bold": True}), "bold")


def kind(name: str, read_only: bool) -> str:
    book = openpyxl.load_workbook(name, read_only=read_only, rich_text=True)
    value = next(iter(book.active.iter_rows()))[0].value
    assert str(value) == "plain bold", value
    return type(value).__name__


seen = {name: (kind(name, False), kind(name, True)) for name in ("openpyxl.xlsx", "xlsxwriter.xlsx")}
for name, (full, read_only) in seen.items():
    print(f"{name:18} full {full:14} read-only {read_only}")
expected = {"openpyxl.xlsx": ("CellRichText", "str"), "xlsxwriter.xlsx": ("CellRichText", "CellRichText")}
raise SystemExit(0 if seen == expected else "openpyxl behaves differently now")
PYTHON

#!/usr/bin/env bash
# Runs LibreOffice, pandoc and mammoth on the documents of documents.py, and writes ../captures.jsonl. Outside CI.
#   apt-get install --no-install-recommends libreoffice-writer-nogui pandoc
#   pip install mammoth==1.13.0 python-docx==1.2.0
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"
mkdir docs html xhtml pandoc mammoth
python "$here/documents.py" docs
pandoc -o docs/notes.docx "$here/notes.md"
soffice --headless --convert-to "html:HTML (StarWriter):EmbedImages" --outdir html docs/*.docx > /dev/null 2>&1
soffice --headless --convert-to "html:XHTML Writer File:UTF8" --outdir xhtml docs/*.docx > /dev/null 2>&1
for document in docs/*.docx; do
  name=$(basename "${document%.docx}")
  pandoc --track-changes=all -o "pandoc/$name.html" "$document"
  pandoc -t gfm -o "pandoc/$name.md" "$document"
  mammoth "$document" "mammoth/$name.html"
  mammoth --output-format=markdown "$document" "mammoth/$name.md"
done
LIBREOFFICE=$(soffice --version | cut -d' ' -f2) PANDOC=$(pandoc --version | head -1 | cut -d' ' -f2) \
  MAMMOTH=$(pip show mammoth | sed -n 's/^Version: //p') python - > "$here/../captures.jsonl" <<'PYTHON'
import json, os, pathlib

for folder, program, version in (
    ("html", "LibreOffice, HTML", os.environ["LIBREOFFICE"]),
    ("xhtml", "LibreOffice, XHTML", os.environ["LIBREOFFICE"]),
    ("pandoc", "pandoc", os.environ["PANDOC"]),
    ("mammoth", "mammoth", os.environ["MAMMOTH"]),
):
    for path in sorted(pathlib.Path(folder).iterdir()):
        kind = "markdown" if path.suffix == ".md" else "html"
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        capture = {"program": program, "version": version, "document": path.stem, "format": kind, "source": text}
        print(json.dumps(capture, ensure_ascii=False))
PYTHON

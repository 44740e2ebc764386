"""Writes the corpus anew from `captures.jsonl`: `python -m tests.conformance.editors.record`; then read the diff.

What stands in it is what the converter makes of the captures today: whether that is right, a person must see.
"""

import json
import re
from collections import defaultdict

from tests.conformance.editors.entries import CORPUS, FOLDER, converted


def main() -> None:
    editors: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for line in (FOLDER / "captures.jsonl").read_text(encoding="utf-8").splitlines():
        capture = json.loads(line)
        editors[capture["editor"], capture["version"]].append(capture)
    CORPUS.mkdir(exist_ok=True)
    for (editor, version), captures in editors.items():
        parts = [f"# {editor} {version}\n"]
        for capture in captures:
            html = capture["html"].strip()
            adf, losses = converted(html)
            parts.append(f"## {capture['construct']}\n\n```html\n{html}\n```\n\n```adf\n{adf}\n```\n")
            if losses:
                parts.append(f"```losses\n{losses}\n```\n")
        name = re.sub(r"\W+", "-", editor.lower()).strip("-")
        (CORPUS / f"{name}.md").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Writes the corpus anew from `captures.jsonl`: `python -m tests.conformance.office.record`; then read the diff.

`capture/capture.sh` writes the captures. What stands in the corpus is what the converter makes of them today: whether
that is right, a person must see.
"""

from collections import defaultdict
from pathlib import Path

from tests.conformance.office.entries import CORPUS, captures, converted


def main() -> None:
    pages: dict[Path, list[str]] = defaultdict(list)
    for capture in captures():
        parts = pages[capture.path]
        if not parts:
            parts.append(f"# {capture.program} {capture.version}\n")
        _, adf, losses = converted(capture)
        parts.append(f"## {capture.title}\n\n```adf\n{adf}\n```\n")
        if losses:
            parts.append(f"```losses\n{losses}\n```\n")
    CORPUS.mkdir(exist_ok=True)
    for path, parts in pages.items():
        path.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()

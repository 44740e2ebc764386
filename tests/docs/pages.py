"""The fenced blocks of README and documentation, and what to do with each.

A block with `title="name"` is also written to a file of that name. A comment just above a block says how it is tested:
`<!-- test: run -->` (a shell block is executed), `background` (started, and stopped with the page), `compile` (a Python
block is compiled, not run). Without one, Python runs and shell blocks are read only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_BLOCK = re.compile(
    r"^(?:<!-- test: (?P<mode>\w+) -->\n)?```(?P<language>\w+)(?P<info>[^\n]*)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    language: str
    title: str | None
    mode: str | None
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for found in _BLOCK.finditer(text):
        title = _TITLE.search(found["info"])
        yield Block(
            page=str(page.relative_to(ROOT)),
            line=text.count("\n", 0, found.start()) + 1,
            language=found["language"],
            title=title[1] if title else None,
            mode=found["mode"],
            code=found["code"],
        )

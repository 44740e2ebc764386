"""Types that stand in public signatures can be imported from a public module, too."""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, GenericAlias
from typing import Any, get_args, get_type_hints

import pytest
from tests.public import public_modules

PROJECT = Path(__file__).parents[2]
HANDLES = {"ProjectReader", "FakeTransport", "Frame", "Line", "Marks", "Output"}
"""Classes a host makes or gets only to pass them on, or (`Output`) uses in rules that need nothing it returns."""
FOR_THE_CONVERTER = {"asked", "remember"}
"""Methods of `RuleSet` that the converter calls, and that the reference leaves out."""
CALLED_BY_PYTHON = {"__init__", "__call__", "__aenter__", "__enter__", "__aiter__", "__iter__", "__next__"}
HOLDERS = [*(PROJECT / "examples").rglob("*.py"), *(PROJECT / "tests" / "host_app").rglob("*.py")]
PAGES = [PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md"), *(PROJECT / "examples").rglob("*.md")]


def classes_in(hint: Any) -> Iterator[type]:
    if isinstance(hint, type) and not isinstance(hint, GenericAlias):
        yield hint
    for argument in get_args(hint):
        for part in argument if isinstance(argument, (list, tuple)) else [argument]:
            yield from classes_in(part)


def hints_of(owner: Any) -> dict[str, Any]:
    module = sys.modules[owner.__module__]
    try:
        return get_type_hints(owner, vars(module))
    except NameError:  # imported for type checkers alone
        return {}


def signatures_of(owner: Any) -> Iterator[Any]:
    """The hints of a function, or of a class's public attributes and methods."""
    if isinstance(owner, FunctionType):
        yield from hints_of(owner).values()
    elif isinstance(owner, type):
        yield from (hint for name, hint in hints_of(owner).items() if not name.startswith("_"))
        for name, member in inspect.getmembers_static(owner):
            if name in FOR_THE_CONVERTER:
                continue
            function = getattr(member, "fget", None) or getattr(member, "__func__", member)
            if isinstance(function, FunctionType) and (not name.startswith("_") or name in CALLED_BY_PYTHON):
                yield from (hint for each, hint in hints_of(function).items() if not each.startswith("_"))
    else:
        yield owner


def test_types_in_public_signatures_have_a_public_place() -> None:
    public = {id(getattr(module, name)): name for module in public_modules() for name in module.__all__}
    homeless = {
        f"{each.__name__} in {module.__name__}.{name}"
        for module in public_modules()
        for name in module.__all__
        if name not in HANDLES
        for hint in signatures_of(getattr(module, name))
        for each in classes_in(hint)
        if each.__module__.startswith("jira_session_export") and id(each) not in public
    }
    assert homeless == set()


@pytest.mark.parametrize("module", [*public_modules()], ids=lambda module: module.__name__)
def test_public_modules_say_what_they_have(module: Any) -> None:
    assert module.__doc__
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert sorted(module.__all__) == sorted(set(module.__all__))


@pytest.mark.parametrize("path", [*HOLDERS, *PAGES], ids=lambda path: str(path.relative_to(PROJECT)))
def test_hosts_import_public_modules_alone(path: Path) -> None:
    private = re.findall(
        r"^\s*(?:from|import) (jira_session_export[\w.]*\._\w+.*)", path.read_text("utf-8"), re.MULTILINE
    )
    assert private == []

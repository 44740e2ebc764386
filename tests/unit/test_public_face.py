import ast
import importlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import jira_session_export
from jira_session_export import _adf


def for_type_checkers(package: ModuleType) -> dict[str, str]:
    """Name -> module, as the imports say that only type checkers read."""
    source = ast.parse(Path(str(package.__file__)).read_text("utf-8"))
    (block,) = [
        node
        for node in source.body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    ]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(block.body)
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def test_all_is_sorted_and_true() -> None:
    names = jira_session_export.__all__
    assert sorted(names) == list(names)
    assert all(hasattr(jira_session_export, name) for name in names)


@pytest.mark.parametrize("package", [jira_session_export, _adf], ids=lambda package: package.__name__)
def test_type_checkers_are_told_what_is_there_and_nothing_else(package: ModuleType) -> None:
    told = for_type_checkers(package)
    assert told == {
        name: f"{package.__name__}.{module}" for module, names in package._MODULES.items() for name in names
    }
    assert {*told} == set(package.__all__) - {"__version__"}
    for name, module in told.items():
        assert getattr(package, name) is getattr(importlib.import_module(module), name)


def test_names_can_be_looked_for() -> None:
    assert set(jira_session_export.__all__) <= set(dir(jira_session_export))
    with pytest.raises(ImportError, match="Sesion"):
        from jira_session_export import Sesion  # noqa: F401
    with pytest.raises(AttributeError, match="Sesion"):
        _ = jira_session_export.Sesion  # type: ignore[attr-defined]


def test_a_star_import_brings_all_of_them() -> None:
    namespace: dict[str, object] = {}
    exec("from jira_session_export import *", namespace)
    assert set(jira_session_export.__all__) <= set(namespace)


def test_the_version_is_the_one_that_is_installed() -> None:
    assert jira_session_export.__version__ == importlib.metadata.version("jira-session-export")


def test_what_the_front_door_shows_is_documented() -> None:
    for name in jira_session_export.__all__:
        value = getattr(jira_session_export, name)
        if isinstance(value, (type, FunctionType)):
            assert value.__doc__, name


def test_importing_the_package_needs_no_extra() -> None:
    program = (
        "import sys\n"
        "for name in ('sqlalchemy', 'rich', 'typer', 'yaml', 'starlette', 'uvicorn', 'procrastinate', 'pytest'):\n"
        "    sys.modules[name] = None\n"
        "from jira_session_export import *\n"
        "import jira_session_export._testing\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=50)


def loaded_by(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
        timeout=50,
    )
    return set(done.stdout.split())


def test_a_ticket_comes_without_client_and_converter() -> None:
    loaded = loaded_by("from jira_session_export import Ticket")
    assert "pydantic" in loaded
    assert not loaded & {"httpx", "anyio", "asyncio", "markdown_it", "bs4", "turbohtml", "jira_session_export.api"}


def test_the_converter_comes_without_client_and_models() -> None:
    loaded = loaded_by("from jira_session_export import convert_html")
    assert "jira_session_export._adf" in loaded
    assert not loaded & {"httpx", "anyio", "asyncio", "bs4", "pydantic", "markdown_it", "jira_session_export.api"}

import subprocess
import sys
from types import FunctionType

import pytest

import jira_session_export
from jira_session_export import _public as public


def test_all_is_sorted_and_true() -> None:
    names = jira_session_export.__all__
    assert sorted(names) == list(names)
    assert all(hasattr(jira_session_export, name) for name in names)


def test_everything_public_is_listed() -> None:
    found = {
        name
        for name, value in vars(public).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith("jira_session_export")
    }
    assert found <= set(jira_session_export.__all__)


def test_the_package_offers_what_is_listed_and_nothing_else() -> None:
    assert all(getattr(jira_session_export, name) is getattr(public, name) for name in public.__all__)
    assert set(public.__all__) <= set(dir(jira_session_export))
    with pytest.raises(ImportError, match="Sesion"):
        from jira_session_export import Sesion  # noqa: F401


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
        "import jira_session_export._public, jira_session_export._testing\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=50)

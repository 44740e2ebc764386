"""The table of log actions is the code's."""

import ast
import re
from pathlib import Path

import jira_session_export

ROOT = Path(__file__).parents[2]
SOURCES = [Path(jira_session_export.__file__).parent, ROOT / "examples" / "fastapi_app" / "app"]
PAGE = ROOT / "docs" / "how-to" / "observe-exports.md"
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def sources() -> list[Path]:
    return [path for source in SOURCES for path in source.rglob("*.py")]


def logged() -> dict[str, set[str]]:
    """Action → the loggers that log it."""
    found: dict[str, set[str]] = {}
    for path in sources():
        if "_testing" in path.parts:
            continue
        text = path.read_text("utf-8")
        names = re.findall(r'^logger\b.*getLogger\("([^"]+)"\)', text, re.MULTILINE)
        for call in ast.walk(ast.parse(text)):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in LEVELS:
                extra = next((each.value for each in call.keywords if each.arg == "extra"), None)
                if extra is None:
                    continue
                if isinstance(extra, ast.Dict):
                    keys = [key.value for key in extra.keys if isinstance(key, ast.Constant)]
                    action = extra.values[keys.index("action")]
                else:
                    assert isinstance(extra, ast.Call)
                    action = extra.args[0]
                assert isinstance(action, ast.Constant), f"{path}:{call.lineno}"
                found.setdefault(str(action.value), set()).update(names)
    return found


def test_every_action_is_in_the_table_with_its_logger() -> None:
    listed: dict[str, str] = {}
    loggers = ""
    for logger, action in re.findall(r"^\| (`jira_session_export[^|]*)?\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE):
        loggers = logger or loggers
        listed[action] = listed.get(action, "") + loggers  # several may say the same of themselves
    assert listed.keys() == logged().keys()
    for action, names in logged().items():
        for name in names:
            assert f"`{name}`" in listed[action] or f"`.{name.rpartition('.')[2]}`" in listed[action], action


def test_nothing_is_logged_without_an_action() -> None:
    for path in sources():
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr in LEVELS
                and isinstance(call.func.value, ast.Name)
                and call.func.value.id in {"logger", "_log"}
            ):
                assert any(each.arg == "extra" for each in call.keywords), f"{path}:{call.lineno}"

"""What is public, read off the file tree: a module is unless it, or a package it is in, begins with an underscore."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jira_session_export

ROOT = Path(jira_session_export.__file__).parent
NO_NAMES = frozenset({"jira_session_export.integrations"})
"""Packages that hold modules alone."""


def public_modules() -> Iterator[ModuleType]:
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if any(part.startswith("_") and part != "__init__" for part in parts):
            continue
        name = ".".join(("jira_session_export", *(part for part in parts if part != "__init__")))
        if name not in NO_NAMES:
            yield importlib.import_module(name)


def value_of(path: str) -> Any:
    """`jira_session_export.events.EventHub` → the class."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)

"""Reviewed tickets become Jira issues: each exactly once, always valid, what could not be carried over written down."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jira_session_export._public import *  # noqa: F403
else:

    def __getattr__(name: str) -> object:
        """What `public` lists, imported once somebody asks for it; a command that needs a part of it starts without."""
        return getattr(import_module("jira_session_export._public"), name)

    def __dir__() -> list[str]:
        return [*globals(), *__getattr__("__all__")]

"""Packages that import a name when somebody asks for it: for `__getattr__` and `__dir__` of a module (PEP 562)."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def names_from(
    package: str, modules: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """What gives a package its names.

    Args:
        package: the package's `__name__`.
        modules: module, relative to the package → the names it has.
    """
    module_of = {name: module for module, names in modules.items() for name in names}
    namespace = vars(sys.modules[package])

    def get(name: str) -> object:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{module_of[name]}"), name)
        namespace[name] = value  # the next time it is found without asking here
        return value

    def names() -> list[str]:
        return sorted(namespace.keys() | module_of.keys())

    return get, names

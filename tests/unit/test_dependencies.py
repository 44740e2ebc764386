"""Dependencies are asked for where they can be installed."""

import importlib.metadata

import pytest
from packaging.requirements import Requirement

LINUX = {"sys_platform": "linux", "platform_python_implementation": "CPython", "python_version": "3.13"}


@pytest.mark.parametrize(
    ("environment", "has_wheel"),
    [
        ({"platform_machine": "x86_64"}, True),
        ({"platform_machine": "aarch64"}, True),
        ({"platform_machine": "armv7l"}, False),
        ({"platform_machine": "s390x"}, False),
        ({"platform_machine": "ppc64le"}, False),
        ({"platform_machine": "riscv64"}, False),
        ({"platform_machine": "i686"}, False),
        ({"platform_machine": "x86_64", "python_version": "3.16"}, False),
        ({"platform_machine": "x86_64", "platform_python_implementation": "PyPy", "python_version": "3.11"}, True),
        ({"platform_machine": "x86_64", "platform_python_implementation": "PyPy"}, False),
        ({"platform_machine": "x86_64", "platform_python_implementation": "GraalVM"}, False),
        ({"sys_platform": "darwin", "platform_machine": "arm64"}, True),
        ({"sys_platform": "darwin", "platform_machine": "x86_64"}, False),
        ({"sys_platform": "win32", "platform_machine": "AMD64"}, True),
        ({"sys_platform": "win32", "platform_machine": "ARM64"}, False),
        ({"sys_platform": "win32", "platform_machine": "x86"}, False),
        ({"sys_platform": "freebsd14", "platform_machine": "amd64"}, False),
    ],
)
def test_turbohtml_is_asked_for_where_it_has_a_wheel(environment: dict[str, str], has_wheel: bool) -> None:
    """The wheels of turbohtml 1.15.4 on PyPI, as `pip download turbohtml -vvv` lists them."""
    requirements = map(Requirement, importlib.metadata.requires("jira-session-export") or ())
    (marker,) = [each.marker for each in requirements if each.name == "turbohtml"]
    assert marker is not None
    assert marker.evaluate({**LINUX, **environment}) is has_wheel

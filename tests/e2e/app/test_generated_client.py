"""A client generated from the OpenAPI document compiles, and its operations have the names of the endpoints."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from app.main import create_app
from app.settings import service_settings

pytestmark = [pytest.mark.node, pytest.mark.timeout(300)]

TOOLS = Path(__file__).parent / "typescript_client"
NPM_INSTALL = ("npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
STRICT = ("--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--lib", "es2022,dom,dom.iterable")
BUNDLED = ("--module", "esnext", "--moduleResolution", "bundler")


def run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"


@pytest.fixture(scope="module")
def tools() -> Path:
    """The generator and the compiler, in the versions of package.json."""
    modules = TOOLS / "node_modules"
    wanted = json.loads((TOOLS / "package.json").read_text())["dependencies"]
    manifests = [modules / name / "package.json" for name in wanted]
    installed = {
        path.parent.relative_to(modules).as_posix(): json.loads(path.read_text())["version"]
        for path in manifests
        if path.exists()
    }
    if installed != wanted:
        if shutil.which("npm") is None:
            (pytest.fail if os.environ.get("JSE_REQUIRE_NODE") else pytest.skip)("npm is not installed")
        run(*NPM_INSTALL, cwd=TOOLS)
    return modules / ".bin"


def test_a_generated_client_compiles(tools: Path, tmp_path: Path) -> None:
    document = create_app(service_settings({})).openapi()
    (tmp_path / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    shutil.copy(TOOLS / "use.ts", tmp_path)
    (tmp_path / "node_modules").symlink_to(TOOLS / "node_modules")
    run(str(tools / "openapi-ts"), "-i", "openapi.json", "-o", "client", cwd=tmp_path)
    run(str(tools / "tsc"), "--noEmit", *STRICT, *BUNDLED, "use.ts", cwd=tmp_path)

"""The three engines Atlassian judges a document with, behind one Node process for the whole session."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ENGINES = Path(__file__).parent.parent / "adf_engines"
NPM_INSTALL = ("npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")


@dataclass
class AdfEngines:
    """Answers for each document what the JSON schema, the runtime validator and ProseMirror say."""

    process: subprocess.Popen[str] = field(
        default_factory=lambda: subprocess.Popen(
            ("node", "--stack-size=3900", "validate.mjs"),
            cwd=ENGINES,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
    )

    def verdict(self, document: Any) -> dict[str, str | None]:
        """Engine → why it refuses the document, None when it accepts it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(document) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise AssertionError(f"the engines ended with {self.process.wait()}")
        return json.loads(answer)

    def refusals(self, document: Any) -> dict[str, str]:
        """Only the engines that refuse."""
        return {engine: reason for engine, reason in self.verdict(document).items() if reason is not None}

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)


@pytest.fixture(scope="session")
def engines() -> Iterator[AdfEngines]:
    missing = install_engines()
    if missing is not None:
        if os.environ.get("JSE_REQUIRE_NODE") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    running = AdfEngines()
    yield running
    running.close()


def install_engines() -> str | None:
    """Have the pinned packages in place; the reason when that can't be."""
    wanted = json.loads((ENGINES / "package.json").read_text())["dependencies"]
    installed = {name: installed_version(name) for name in wanted}
    if shutil.which("node") is None:
        return "Node.js is not installed"
    if installed == wanted:
        return None
    if shutil.which("npm") is None:
        return "npm is not installed, and the engines are not yet"
    done = subprocess.run(NPM_INSTALL, cwd=ENGINES, capture_output=True, text=True, timeout=240, check=False)
    return None if done.returncode == 0 else f"npm could not install the engines: {done.stderr.strip()[-300:]}"


def installed_version(package: str) -> str | None:
    manifest = ENGINES / "node_modules" / package / "package.json"
    return json.loads(manifest.read_text())["version"] if manifest.exists() else None

"""What it costs to begin: whole processes that import a name, or ask the command for a status, side by side.

Processor time, not time on the clock, so that what else the machine does counts little; the least of several runs.

    python benchmarks/imports.py [--rounds 7] [--against OTHER-CHECKOUT/src]
"""

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

from jira_session_export import ApiTokenAuth, JiraExport, Session, Ticket
from jira_session_export.testing import FakeJira

COMMAND = """
import importlib.util
at = "_cli" if importlib.util.find_spec("jira_session_export._cli") else "cli"
importlib.import_module(f"jira_session_export.{at}").main()
"""
EVERYTHING = "import jira_session_export as j; [getattr(j, name) for name in dir(j)]"
STATEMENTS = {
    "python alone": "pass",
    "Ticket": "from jira_session_export import Ticket",
    "convert_html": "from jira_session_export import convert_html",
    "JiraExport": "from jira_session_export import JiraExport",
    "every public name": EVERYTHING,
}


def seconds(arguments: Sequence[str], env: Mapping[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", *arguments], env=env, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        return float("nan")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def exported_session(database: Path) -> UUID:
    """A session with an issue, for `status` to tell of."""
    session = Session(
        id=UUID(int=1), project_key="DEMO", tickets=(Ticket(id=UUID(int=2), order=1, title="Booking page"),)
    )

    async def export() -> None:
        fake = FakeJira()
        auth = ApiTokenAuth("me@example.com", "token")
        async with JiraExport.open(
            fake.base_url, auth, store=f"sqlite:///{database}", transport=fake.transport
        ) as jira:
            await jira.export(session)

    asyncio.run(export())
    return session.id


def cases(database: Path, session_id: UUID) -> dict[str, list[str]]:
    def report(command: str, scheme: str) -> list[str]:
        return [COMMAND, command, str(session_id), "--database", f"{scheme}:///{database}"]

    return {
        **{name: [statement] for name, statement in STATEMENTS.items()},
        "status": report("status", "sqlite"),
        "results": report("results", "sqlite"),
        "status, by SQLAlchemy": report("status", "sqlite+pysqlite"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--against", type=Path, help="the src folder of another version")
    options = parser.parse_args()
    versions = {"here": dict(os.environ)}
    if options.against:
        versions["there"] = {**os.environ, "PYTHONPATH": str(options.against.absolute())}
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "exports.db"
        measured = cases(database, exported_session(database))
        least = {(name, version): float("inf") for name in measured for version in versions}
        for _ in range(options.rounds):  # in turn, so that a busy minute harms all alike
            for (name, version), before in least.items():
                least[name, version] = min(before, seconds(measured[name], versions[version]))
    reference = "there" if options.against else "here"
    print(f"{'':24}" + "".join(f"{version:>10}" for version in versions) + f"{'ratio':>10}")
    for name in measured:
        slow = {"status": "status, by SQLAlchemy", "results": "status, by SQLAlchemy"}.get(name, "every public name")
        other = least[name, "there"] if options.against else least[slow, "here"]
        columns = "".join(f"{1000 * least[name, version]:7.0f} ms" for version in versions)
        print(f"{name:24}{columns}{least[name, 'here'] / other:10.2f}")
    print("ratio: to the other version" if reference == "there" else "ratio: to every public name, or SQLAlchemy")


if __name__ == "__main__":
    main()

"""Commands for whoever operates a cluster: a worker, and a look at all of it."""

from typing import Annotated

import typer

from jira_session_export._cli.app import app, examples, run
from jira_session_export._cli.options import Json, Quiet, Verbose
from jira_session_export._cli.output import ExitCode, Output

ClusterDatabase = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", help="The database that all processes share; JSE_DATABASE_URL."),
]
Queue = Annotated[
    str | None, typer.Option("--queue", metavar="NAME", help="Name of the queue; JSE_QUEUE, or jira_session_export.")
]


@app.command(epilog=examples("worker", "worker --concurrency 20 --health 8081", "worker --database postgresql://…"))
def worker(
    concurrency: Annotated[
        int, typer.Option("--concurrency", metavar="N", min=1, help="Sessions that are exported at the same time.")
    ] = 10,
    queue: Queue = None,
    database: ClusterDatabase = None,
    health: Annotated[
        str | None,
        typer.Option(
            "--health",
            metavar="[ADDRESS:]PORT",
            help="Answer GET /health and GET /ready there, for probes; on all addresses by default.",
        ),
    ] = None,
    *,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    json: Json = False,
) -> None:
    """Run exports from the queue in PostgreSQL until stopped.

    SIGTERM has it hand over to other workers, a second one ends it at once; SIGUSR1 has it drain: it takes no more
    sessions, finishes those it has, and exits with 0. It exits with 1 when the queue or the database is lost.
    """
    output = Output(as_json=json, quiet=quiet, verbose=verbose, logs_all=True)

    async def work() -> ExitCode:
        from jira_session_export._cli.worker import work_off

        return await work_off(output, concurrency=concurrency, queue=queue, database=database, health=health)

    run(output, work)


@app.command(epilog=examples("doctor", "doctor --database sqlite:///exports.sqlite3", "doctor --json"))
def doctor(queue: Queue = None, database: ClusterDatabase = None, *, json: Json = False) -> None:
    """Say on one page how all exports of a database are, and what to look at; it writes nothing.

    Exit code 0: nothing to look at; 1: something, or the database does not answer.
    """
    output = Output(as_json=json)

    async def work() -> ExitCode:
        from jira_session_export._cli.doctor import examine

        return await examine(output, database=database, queue=queue)

    run(output, work)

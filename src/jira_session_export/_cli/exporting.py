"""The commands that export, and the one that stops an export."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jira_session_export._cli.app import app, examples, run
from jira_session_export._cli.options import (
    BaseUrl,
    Bulk,
    Copy,
    Database,
    Defaults,
    Encoding,
    FailOnFixes,
    File,
    HeadingOffset,
    ImagesChoice,
    InputFormat,
    Json,
    LineBreaks,
    MappingFile,
    MarkdownWith,
    Newest,
    OnFinish,
    Only,
    Pause,
    Progress,
    ProjectKey,
    Quiet,
    SessionName,
    SessionPlace,
    Sheet,
    SiteMoved,
    Skip,
    SmartLinks,
    SummaryFile,
    Verbose,
    WebhookUrl,
    chosen,
    conversion_options,
)
from jira_session_export._cli.output import ExitCode, Output, Shown

if TYPE_CHECKING:
    from uuid import UUID

    from jira_session_export._cli.choosing import Known
    from jira_session_export._export.outcomes import OutcomeObserver


def _summaries(file: Path | None) -> list[tuple[Path, bool]]:
    from jira_session_export._envconfig import step_summary_file

    step = step_summary_file()
    return [*([(file, False)] if file else []), *([(step, True)] if step else [])]


@app.command(epilog=examples("demo", "demo --fresh --pause 0.5"))
def demo(
    folder: Annotated[Path, typer.Option("--folder", metavar="FOLDER", help="Where the demo keeps its state.")] = Path(
        ".demo"
    ),
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what an earlier demo did.")] = False,
    pause: Pause = None,
    progress: Progress = Shown.AUTO,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    json: Json = False,
) -> None:
    """Export a shipped session of 87 tickets to a local Jira; no account needed. Run it again to go on."""
    from jira_session_export._cli.demo import run_demo

    output = Output(as_json=json, quiet=quiet, verbose=verbose, shown=progress)
    run(output, lambda: run_demo(folder, fresh=fresh, pause=pause, output=output))


@app.command(
    epilog=examples(
        "export backlog.json --project ABC",
        "export backlog.json --project ABC --dry-run",
        "export backlog.json --project ABC --skip 12 --skip 'Broken ticket'",
        "export tickets.xlsx --project ABC --sheet Ready --mapping mapping.yaml",
        "export - --format json --project ABC --session nightly < backlog.json",
        "export tickets.csv --project ABC --summary summary.md --fail-on-fixes",
        "export backlog.json --project ABC --json 2> progress.jsonl > result.json",
    )
)
def export(
    file: File,
    project: ProjectKey = None,
    database: Database = None,
    session: SessionName = None,
    form: InputFormat = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    mapping: MappingFile = None,
    default: Defaults = None,
    pause: Pause = None,
    bulk: Bulk = None,
    base_url: BaseUrl = None,
    images: ImagesChoice = None,
    heading_offset: HeadingOffset = None,
    line_breaks: LineBreaks = False,
    markdown_with: MarkdownWith = None,
    smart_links: SmartLinks = None,
    summary: SummaryFile = None,
    progress: Progress = Shown.AUTO,
    webhook: WebhookUrl = None,
    on_finish: OnFinish = None,
    skip: Skip = None,
    only: Only = None,
    copy: Copy = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Show what would be sent; write nothing, no file either.")
    ] = False,
    fail_on_fixes: FailOnFixes = False,
    site_moved: SiteMoved = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    json: Json = False,
) -> None:
    """Export a batch file to Jira (JIRA_BASE_URL, JIRA_EMAIL, JIRA_API_TOKEN, …); run it again to go on, it is safe."""
    output = Output(
        as_json=json,
        quiet=quiet,
        verbose=verbose,
        shown=progress,
        summary=_summaries(summary),
        fail_on_fixes=fail_on_fixes,
    )
    choices = chosen(base_url, images, heading_offset, markdown_with, smart_links, line_breaks=line_breaks)
    conversion = conversion_options(choices)

    async def work() -> ExitCode:
        from jira_session_export._cli.choosing import known_tickets
        from jira_session_export._cli.export import check_site, export_session, open_jira, plan_session
        from jira_session_export._cli.reading import Source
        from jira_session_export._cli.remembered import Remembered
        from jira_session_export._cli.state import check_database, open_copy
        from jira_session_export._envconfig import export_settings, jira_settings

        source = Source(file, project, session, form, sheet, encoding, mapping, tuple(default or ()))
        batch = source.read(output, copy=copy)
        only_ids, skip_ids = _chosen_tickets(batch.id, known_tickets(batch), only, skip)
        url = database or source.database(batch)
        settings = export_settings(pause_seconds=pause, bulk_size=bulk)
        account = jira_settings()
        if dry_run:
            async with open_copy(url) as store, open_jira(account, store, settings, output, conversion) as jira:
                return await plan_session(jira, batch, output, only=only_ids, skip=skip_ids)
        check_database(url, writing=True)
        observers = _observers(webhook, on_finish)
        async with open_jira(account, url, settings, output, conversion, observers) as jira:
            await check_site(jira, batch.id, url, account, moved=site_moved)
            told = Remembered("" if source.is_standard_input else str(file.resolve()), account.base_url, dict(choices))
            return await export_session(jira, batch, output, remember_as=(url, told), only=only_ids, skip=skip_ids)

    run(output, work)


@app.command(epilog=examples("adopt backlog.json --project ABC"))
def adopt(
    file: File,
    project: ProjectKey = None,
    database: Database = None,
    session: SessionName = None,
    form: InputFormat = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    mapping: MappingFile = None,
    default: Defaults = None,
    base_url: BaseUrl = None,
    images: ImagesChoice = None,
    heading_offset: HeadingOffset = None,
    line_breaks: LineBreaks = False,
    markdown_with: MarkdownWith = None,
    smart_links: SmartLinks = None,
    copy: Copy = None,
    *,
    site_moved: SiteMoved = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    json: Json = False,
) -> None:
    """Take over the issues of an export whose state was lost; creates nothing. An export does it by itself, too."""
    output = Output(as_json=json, quiet=quiet, verbose=verbose)
    choices = chosen(base_url, images, heading_offset, markdown_with, smart_links, line_breaks=line_breaks)
    conversion = conversion_options(choices)

    async def work() -> ExitCode:
        from jira_session_export._cli.export import adopt_session, check_site, open_jira
        from jira_session_export._cli.reading import Source
        from jira_session_export._cli.remembered import Remembered
        from jira_session_export._cli.state import check_database
        from jira_session_export._envconfig import export_settings, jira_settings

        source = Source(file, project, session, form, sheet, encoding, mapping, tuple(default or ()))
        batch = source.read(output, copy=copy)
        account = jira_settings()
        url = database or source.database(batch)
        check_database(url, writing=True)
        async with open_jira(account, url, export_settings(), output, conversion) as jira:
            await check_site(jira, batch.id, url, account, moved=site_moved)
            told = Remembered("" if source.is_standard_input else str(file.resolve()), account.base_url, dict(choices))
            return await adopt_session(jira, batch, output, remember_as=(url, told))

    run(output, work)


@app.command(
    epilog=examples(
        "retry", "retry backlog.json", "retry --skip 12", "retry --session 'Sprint 12'", "retry 6f1c… --database URL"
    )
)
def retry(
    session: SessionPlace = None,
    database: Database = None,
    project: ProjectKey = None,
    name: SessionName = None,
    pause: Pause = None,
    bulk: Bulk = None,
    base_url: BaseUrl = None,
    images: ImagesChoice = None,
    heading_offset: HeadingOffset = None,
    line_breaks: LineBreaks = False,
    markdown_with: MarkdownWith = None,
    smart_links: SmartLinks = None,
    summary: SummaryFile = None,
    progress: Progress = Shown.AUTO,
    webhook: WebhookUrl = None,
    on_finish: OnFinish = None,
    skip: Skip = None,
    only: Only = None,
    *,
    newest: Newest = False,
    fail_on_fixes: FailOnFixes = False,
    site_moved: SiteMoved = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    json: Json = False,
) -> None:
    """Retry a failed export from the ticket it stopped at, with texts converted as before."""
    output = Output(
        as_json=json,
        quiet=quiet,
        verbose=verbose,
        shown=progress,
        summary=_summaries(summary),
        fail_on_fixes=fail_on_fixes,
    )
    choices = chosen(base_url, images, heading_offset, markdown_with, smart_links, line_breaks=line_breaks)

    async def work() -> ExitCode:
        from jira_session_export._cli.choosing import known_tickets
        from jira_session_export._cli.export import check_site, open_jira, retry_session, run_session
        from jira_session_export._cli.sessions import Wanted, find_session
        from jira_session_export._cli.state import check_database
        from jira_session_export._envconfig import export_settings, jira_settings

        account = jira_settings()
        settings = export_settings(pause_seconds=pause, bulk_size=bulk)
        place = await find_session(Wanted(session, database, project, name, newest), output)
        conversion = conversion_options(choices or place.kept.conversion)
        check_database(place.database, writing=True)
        observers = _observers(webhook, on_finish)
        async with open_jira(account, place.database, settings, output, conversion, observers) as jira:
            await check_site(jira, place.session_id, place.database, account, moved=site_moved)
            states = await jira.store.ticket_states(place.session_id)
            only_ids, skip_ids = _chosen_tickets(place.session_id, known_tickets(states), only, skip)
            await retry_session(jira, place.session_id, output, only=only_ids, skip=skip_ids)
            return await run_session(jira, place.session_id, output)

    run(output, work)


@app.command(epilog=examples("cancel", "cancel backlog.json", "cancel --newest"))
def cancel(
    session: SessionPlace = None,
    database: Database = None,
    project: ProjectKey = None,
    name: SessionName = None,
    *,
    newest: Newest = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Have a running export stop after the step in work. It can be exported again, and goes on where it stopped."""
    output = Output(as_json=json, quiet=quiet)

    async def work() -> ExitCode:
        from jira_session_export._cli.cancelling import cancel_session
        from jira_session_export._cli.sessions import Wanted, find_session

        place = await find_session(Wanted(session, database, project, name, newest), output)
        return await cancel_session(place, output)

    run(output, work)


def _observers(webhook: str | None, command: str | None) -> "Sequence[OutcomeObserver]":
    from jira_session_export._export.observers import outcome_observers

    return outcome_observers(webhook_url=webhook, command=command)


def _chosen_tickets(
    session_id: "UUID", known: "Known", only: list[str] | None, skip: list[str] | None
) -> "tuple[frozenset[UUID] | None, frozenset[UUID]]":
    from jira_session_export._cli.choosing import find_tickets

    return find_tickets(only, session_id, known) if only else None, find_tickets(skip, session_id, known)

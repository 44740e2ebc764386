"""The commands around an export: checks, conversion, the service's database, a local Jira."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jira_session_export._cli.app import app, examples, leave, run
from jira_session_export._cli.options import (
    BaseUrl,
    Defaults,
    Encoding,
    File,
    HeadingOffset,
    ImagesChoice,
    InputFormat,
    Json,
    LineBreaks,
    MappingFile,
    MarkdownWith,
    ProjectKey,
    SessionName,
    Sheet,
    SmartLinks,
    chosen,
    conversion_options,
)
from jira_session_export._cli.output import ExitCode, Output


class Form(StrEnum):
    """What `convert` prints."""

    ADF = "adf"
    HTML = "html"
    TEXT = "text"


@app.command("validate-project", epilog=examples("validate-project ABC", "validate-project ABC --requires-sprint"))
def validate_project(
    project: Annotated[str, typer.Argument(metavar="KEY", help="Key of the Jira project.")],
    *,
    requires_sprint: Annotated[bool, typer.Option("--requires-sprint", help="Sprints must be assignable.")] = False,
    requires_assignee: Annotated[bool, typer.Option("--requires-assignee", help="Assignees must be settable.")] = False,
    requires_priority: Annotated[
        bool, typer.Option("--requires-priority", help="Priorities must be settable.")
    ] = False,
    json: Json = False,
) -> None:
    """Check that the account can export to a project, and list its sprints, people and priorities."""
    output = Output(as_json=json)

    async def work() -> ExitCode:
        from jira_session_export._cli.export import open_jira
        from jira_session_export._envconfig import export_settings, jira_settings

        async with open_jira(jira_settings(), "memory://", export_settings(), output) as jira:
            response = await jira.validate(
                project,
                # An option that is not given leaves it to the settings.
                requires_sprint_assignment=requires_sprint or None,
                requires_assignee=requires_assignee or None,
                requires_priority_levels=requires_priority or None,
            )
        if output.as_json:
            output.document(response)
        else:
            output.validation(response)
        return ExitCode.DONE if response.validation_status == "valid" else ExitCode.ADMINISTRATOR

    run(output, work)


@app.command(
    epilog=examples(
        "convert notes.md --to html",
        "convert description.html",
        "convert --markdown - < notes.md",
    )
)
def convert(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="HTML or Markdown; - or nothing reads standard input.")
    ] = None,
    to: Annotated[Form, typer.Option("--to", help="What to print.")] = Form.ADF,
    base_url: BaseUrl = None,
    images: ImagesChoice = None,
    heading_offset: HeadingOffset = None,
    line_breaks: LineBreaks = False,
    markdown_with: MarkdownWith = None,
    smart_links: SmartLinks = None,
    *,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Read Markdown; taken from the file's name by default.")
    ] = False,
) -> None:
    """Convert one description to ADF, and say what could not be carried over."""
    output = Output()
    conversion = conversion_options(
        chosen(base_url, images, heading_offset, markdown_with, smart_links, line_breaks=line_breaks)
    )

    def work() -> ExitCode:
        from jira_session_export._cli.convert import convert_file

        source = None if file is None or str(file) == "-" else file
        convert_file(source, conversion, markdown=markdown, to=to, output=output)
        return ExitCode.DONE

    leave(output, work)


@app.command(epilog=examples("load backlog.json --database sqlite:///exports.sqlite3 --owner alice"))
def load(
    file: File,
    database: Annotated[str, typer.Option("--database", metavar="URL", help="Database of the service.")],
    project: ProjectKey = None,
    session: SessionName = None,
    form: InputFormat = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    mapping: MappingFile = None,
    default: Defaults = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="NAME", help="Caller of the service who may see it.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Put a batch file into a service's database and print the session's id."""
    output = Output(as_json=json)

    async def work() -> ExitCode:
        from jira_session_export._cli.reading import Source
        from jira_session_export._cli.state import open_store

        source = Source(file, project, session, form, sheet, encoding, mapping, tuple(default or ()))
        batch = source.read(output)
        if owner is not None:
            batch = batch.model_copy(update={"owner": owner})
        async with open_store(database) as store:
            await store.put(batch)
        if output.as_json:
            output.document(
                {"session_id": str(batch.id), "project_key": batch.project_key, "tickets": len(batch.tickets)}
            )
        else:
            typer.echo(batch.id)
        return ExitCode.DONE

    run(output, work)


@app.command("fake-jira", epilog=examples("fake-jira", "fake-jira --port 0 --project ABC --state jira.sqlite3"))
def fake_jira(
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8090,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    project: Annotated[
        list[str] | None, typer.Option("--project", metavar="KEY", help="A project in addition to DEMO; repeatable.")
    ] = None,
    token: Annotated[
        list[str] | None,
        typer.Option("--token", metavar="TOKEN", help="A token to accept; any by default; repeatable."),
    ] = None,
    index_lag: Annotated[
        float, typer.Option("--index-lag", metavar="SECONDS", min=0, help="Lag of the search index.")
    ] = 0.0,
    state: Annotated[Path | None, typer.Option("--state", metavar="FILE", help="Keep the state in this file.")] = None,
    latency: Annotated[
        float, typer.Option("--latency", metavar="SECONDS", min=0, help="How long each request takes.")
    ] = 0.0,
    latency_per_issue: Annotated[
        float,
        typer.Option("--latency-per-issue", metavar="SECONDS", min=0, help="More for each issue of a bulk create."),
    ] = 0.0,
    burst: Annotated[
        list[str] | None,
        typer.Option("--burst", metavar="METHOD=N", help="Requests a second to one endpoint: POST=5; repeatable."),
    ] = None,
    quota: Annotated[
        int | None, typer.Option("--quota", metavar="N", min=1, help="Requests an hour, all together.")
    ] = None,
    issue_limits: Annotated[
        bool, typer.Option("--issue-limits", help="Limit the writes to one issue: 20 in 2 s, 100 in 30 s.")
    ] = False,
) -> None:
    """Serve a local Jira Cloud to develop and test against."""
    from jira_session_export._cli.fake_jira import read_bursts, serve_fake_jira
    from jira_session_export.testing import Latency, RateLimits

    run(
        Output(),
        lambda: serve_fake_jira(
            host=host,
            port=port,
            projects=project or (),
            tokens=token,
            index_lag=index_lag,
            state=state,
            latency=Latency(latency, latency_per_issue),
            limits=RateLimits(per_issue_writes=issue_limits, burst=read_bursts(burst or ()), quota=quota),
        ),
    )

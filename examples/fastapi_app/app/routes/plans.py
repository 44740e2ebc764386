"""Dry runs: what an export would send, told in pages."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.answers import as_json
from app.deps import EngineDep, SessionDep
from app.engine import Engine
from app.errors import documented
from app.examples import EXAMPLES
from app.longwork import while_connected
from app.plans import Plan, has_findings
from app.routes.exports import EVERY_TICKET, SelectionBody
from app.summaries import example
from jira_session_export.api import ExportPlanResponse, PlannedIssue
from jira_session_export.errors import SessionNotFoundError

router = APIRouter(prefix="/api/jira", tags=["export"])

LARGEST_OFFSET = 10_000_000
MOST_ISSUES = 500


class DryRunResponse(ExportPlanResponse):
    """A dry run, with a part of its issues.

    Attributes:
        made_at: when it was made; edits since then are not in it.
        tickets_blocked: tickets that cannot be sent as they are.
        tickets_with_findings: those, and tickets that would lose something or leave something to fix by hand.
        losses_predicted: over all issues.
        offset: of the first of `issues`.
        total: how many issues fit what was asked for.
    """

    model_config = example(
        **EXAMPLES["ExportPlanResponse"],
        made_at="2026-10-02T09:30:00Z",
        tickets_blocked=0,
        tickets_with_findings=0,
        losses_predicted=0,
        offset=0,
        total=1,
    )

    made_at: datetime
    tickets_blocked: int
    tickets_with_findings: int
    losses_predicted: int
    offset: int
    total: int


@router.post(
    "/dry-run/{session_id}",
    response_model=DryRunResponse,
    responses=documented(404, 422, 503),
    summary="Plan an export without writing",
)
async def dry_run(
    *,
    request: Request,
    state: SessionDep,
    engine: EngineDep,
    selection: SelectionBody = None,
    limit: Annotated[int, Query(ge=0, le=MOST_ISSUES, description="How many issues the answer has.")] = 50,
    payload: Annotated[bool, Query(description="Show what would be sent for these issues.")] = True,
) -> Response:
    """What an export would send to Jira, what it would lose on the way, and what it would leave to do by hand.

    The answer has all counts and the first issues; the others are read at the same address with GET. It stops when the
    caller hangs up.
    """
    chosen = selection or EVERY_TICKET

    async def work() -> Plan:
        async with engine.work.plans.turn():
            # Those of the first issues alone are kept.
            response = await engine.jira.service.plan(
                state.session_id, only=chosen.only, skip=chosen.skip, payloads=limit if payload else 0
            )
            plan = Plan.of(response, engine.jira.runtime.now())
            await engine.plans.keep(plan)
            return plan.model_copy(update={"issues": response.issues})

    plan = await while_connected(request, work)
    return await _page(engine, plan, offset=0, limit=limit, findings=False)


@router.get(
    "/dry-run/{session_id}",
    response_model=DryRunResponse,
    responses=documented(404, 422, 503),
    summary="Read the last dry run",
)
async def read_dry_run(
    *,
    state: SessionDep,
    engine: EngineDep,
    offset: Annotated[int, Query(ge=0, le=LARGEST_OFFSET)] = 0,
    limit: Annotated[int, Query(ge=0, le=MOST_ISSUES)] = 100,
    findings: Annotated[bool, Query(description="Only issues that a person should look at.")] = False,
) -> Response:
    """A part of the session's last dry run, as it was then; the payloads are not kept."""
    return await _page(engine, await engine.plans.last(state.session_id), offset=offset, limit=limit, findings=findings)


@router.get("/dry-run/{session_id}/tickets/{ticket_id}", responses=documented(404, 422, 503), summary="Plan one ticket")
async def dry_run_ticket(state: SessionDep, engine: EngineDep, ticket_id: UUID) -> PlannedIssue:
    """What an export would send for one ticket as it is now, with the whole payload."""
    async with engine.work.plans.turn():
        response = await engine.jira.service.plan(state.session_id, only=[ticket_id])
    if not response.issues:
        raise SessionNotFoundError(session_id=state.session_id)
    return response.issues[0]


async def _page(engine: Engine, plan: Plan, *, offset: int, limit: int, findings: bool) -> Response:
    return await engine.work.run(_written, plan, offset, limit, findings)


def _written(plan: Plan, offset: int, limit: int, findings: bool) -> Response:
    found = [issue for issue in plan.issues if has_findings(issue)]
    issues = found if findings else plan.issues
    facts = plan.summary.model_dump(exclude={"issues"})
    return as_json(
        DryRunResponse(
            **facts,
            made_at=plan.made_at,
            tickets_blocked=sum(issue.error_message is not None for issue in found),
            tickets_with_findings=len(found),
            losses_predicted=sum(len(issue.losses) for issue in found),
            issues=issues[offset : offset + limit],
            offset=offset,
            total=len(issues),
        )
    )

"""The last dry run of each session, kept so that its pages can be read without planning again."""

import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import chain
from typing import ClassVar, Self
from uuid import UUID

import sqlalchemy as sa
from anyio import to_thread
from pydantic import BaseModel, TypeAdapter
from sqlalchemy.dialects.postgresql import insert  # SQLite speaks it, too

from app.database import create_missing, in_transaction, service_engine
from jira_session_export import ErrorCategory, JiraSessionExportError
from jira_session_export.api import ExportPlanResponse, PlannedIssue

PLANS = sa.Table(
    "service_plans",
    sa.MetaData(),
    sa.Column("session_id", sa.String(36), primary_key=True),
    sa.Column("made_at", sa.String(40), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
REMEMBERED = 4
IN_A_SLICE = 200
"""Issues that are written or read within a millisecond or two."""


class NoDryRunError(JiraSessionExportError):
    """No dry run of this session was made, or it was made before the session was deleted and loaded anew."""

    code = "no_dry_run"
    category = ErrorCategory.USER_FIXABLE
    status: ClassVar[int] = 404
    default_actions = ("Make a dry run first: POST /api/jira/dry-run/{session_id}.",)


class Plan(BaseModel):
    """A dry run without the payloads: a session of 10,000 tickets has 77 MB of them.

    Attributes:
        summary: the response of the dry run, without its issues.
        issues: all of them, in the order of the export.
    """

    made_at: datetime
    summary: ExportPlanResponse
    issues: list[PlannedIssue]

    @staticmethod
    def of(response: ExportPlanResponse, made_at: datetime) -> "Plan":
        """The plan in a response; the response keeps its payloads."""
        light = [
            issue if issue.payload is None else issue.model_copy(update={"payload": None}) for issue in response.issues
        ]
        return Plan.model_construct(made_at=made_at, summary=response.model_copy(update={"issues": []}), issues=light)

    def packed(self) -> bytes:
        """The plan as it is kept: a line for the summary, then one for each slice of the issues.

        Written at once, those of 10,000 tickets would keep every other thread from running for a tenth of a second.
        """
        packer = zlib.compressobj(level=1)
        head = Plan.model_construct(made_at=self.made_at, summary=self.summary, issues=[])
        starts = range(0, len(self.issues), IN_A_SLICE)
        slices = (_ISSUES.dump_json(self.issues[start : start + IN_A_SLICE]) for start in starts)
        lines = chain([head.model_dump_json().encode()], slices)
        return b"".join([*(packer.compress(line + b"\n") for line in lines), packer.flush()])

    @staticmethod
    def unpacked(content: bytes) -> "Plan":
        """The plan that was packed so.

        Raises:
            ValueError: it was packed by another version, or is damaged.
        """
        try:
            head, *slices = zlib.decompress(content).splitlines()
        except zlib.error as exc:
            raise ValueError(str(exc)) from exc
        plan = Plan.model_validate_json(head)
        for each in slices:
            plan.issues.extend(_ISSUES.validate_json(each))
        return plan


_ISSUES = TypeAdapter(list[PlannedIssue])


def has_findings(issue: PlannedIssue) -> bool:
    """Whether a person should look at it before the export."""
    return bool(issue.error_message or issue.manual_fixes or issue.losses)


class PlanStore:
    """Keeps plans in the service's database, so that every worker has them."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._latest: OrderedDict[UUID, tuple[str, Plan]] = OrderedDict()

    @classmethod
    @asynccontextmanager
    async def open(cls, database_url: str) -> AsyncIterator[Self]:
        """The plans kept in that database; the table is made when it is not there.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        engine = service_engine(database_url)
        try:
            await to_thread.run_sync(create_missing, engine, PLANS)
            yield cls(engine)
        finally:
            engine.dispose()

    async def keep(self, plan: Plan) -> None:
        """Keep it instead of the session's last one."""
        session_id, made_at = plan.summary.session_id, plan.made_at.isoformat()
        self._remember(session_id, made_at, plan)
        await to_thread.run_sync(self._write, session_id, made_at, plan)

    async def last(self, session_id: UUID) -> Plan:
        """The session's last dry run.

        Raises:
            NoDryRunError: there is none.
        """
        known = self._latest.get(session_id)
        made_at, plan = await to_thread.run_sync(self._read, session_id, known)
        self._remember(session_id, made_at, plan)
        return plan

    async def forget(self, session_id: UUID) -> None:
        """Remove the session's dry run."""
        self._latest.pop(session_id, None)
        await to_thread.run_sync(self._remove, session_id)

    def _remember(self, session_id: UUID, made_at: str, plan: Plan) -> None:
        self._latest[session_id] = (made_at, plan)
        self._latest.move_to_end(session_id)
        while len(self._latest) > REMEMBERED:
            self._latest.popitem(last=False)

    def _write(self, session_id: UUID, made_at: str, plan: Plan) -> None:
        row = {"session_id": str(session_id), "made_at": made_at, "content": plan.packed()}

        def replace(connection: sa.Connection) -> None:
            connection.execute(PLANS.delete().where(PLANS.c.session_id == str(session_id)))
            # Another caller may have made one at the same moment.
            connection.execute(insert(PLANS).on_conflict_do_nothing(index_elements=[PLANS.c.session_id]), row)

        in_transaction(self._engine, PLANS, replace)

    def _remove(self, session_id: UUID) -> None:
        this = PLANS.delete().where(PLANS.c.session_id == str(session_id))
        in_transaction(self._engine, PLANS, lambda connection: connection.execute(this))

    def _read(self, session_id: UUID, known: tuple[str, Plan] | None) -> tuple[str, Plan]:
        this = PLANS.c.session_id == str(session_id)

        def read(connection: sa.Connection) -> tuple[str | None, bytes | None]:
            made_at = connection.execute(sa.select(PLANS.c.made_at).where(this)).scalar_one_or_none()
            if known is not None and known[0] == made_at:
                return made_at, None
            return made_at, connection.execute(sa.select(PLANS.c.content).where(this)).scalar_one_or_none()

        made_at, content = in_transaction(self._engine, PLANS, read)
        if known is not None and known[0] == made_at:
            return known
        if made_at is None or content is None:
            raise NoDryRunError("No dry run of this session has been made.")
        try:
            return made_at, Plan.unpacked(content)
        except ValueError as exc:  # kept by another version of the service
            raise NoDryRunError("The last dry run of this session cannot be read any more.") from exc

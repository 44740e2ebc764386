"""What one layer leaves for another."""

from contextvars import ContextVar

TRACE_ID: ContextVar[str | None] = ContextVar("jira_trace_id", default=None)
"""Jira's `Atl-Traceid` of the last answer this task got, for the audit trail; None when that answer had none."""

"""Reviewed tickets become Jira issues: each exactly once, always valid, what could not be carried over written down."""

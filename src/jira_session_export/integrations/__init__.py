"""Runners that execute exports on other systems, each behind an extra of its own."""

"""Runners that execute exports on other systems; each needs an extra of its own."""

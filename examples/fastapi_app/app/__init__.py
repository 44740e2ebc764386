"""The reference service: the engine's use cases as HTTP endpoints, live progress, and a page."""

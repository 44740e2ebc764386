"""Tells swapped arguments when they are given: a protocol says nothing at run time, and would fail much later."""

TRACKER = "Jira, for example a JiraClient"
STORE = "a store, for example a SqlAlchemyStore"
OPENER = "what opens files, an AttachmentOpener"
STORAGE = "what keeps files, an AttachmentStorage with `check`, `put`, `remove` and `sessions`"
RUNNER = "a runner, for example an InProcessRunner"


def require(name: str, value: object, method: str, expected: str) -> None:
    """Check that an argument has the method that its kind is known by.

    Raises:
        TypeError: it has not; the message says what is expected.
    """
    if not callable(getattr(value, method, None)):
        raise TypeError(f"{name} is {expected}, not an object of {type(value).__name__}")

"""Preformatted text that is a mail, and such that is code."""

import pytest

from jira_session_export._adf.mail_words import is_plain_mail


@pytest.mark.parametrize(
    "text",
    [
        "Hi Bob,\n\nthe pump is leaking again.\n",
        "Hallo zusammen,\n\ndie Pumpe ist wieder undicht.\n\nViele Grüße\nAnna",
        "The pump is leaking again.\n\nBest regards,\nAnn",
        "The pump is leaking again.\n-- \nAnn\nPump House Ltd",
        "On Monday Bob <bob@example.com> wrote:\n> It is leaking\n\nI see.",
        "Am 3.3. schrieb Bob:\n> Sie ist wieder undicht.\n",
        "> The pump is leaking again.\n>> Which of the pumps?\nThe one at the left.",
        "> The pump is leaking again.\n> Please have a look at it.",
        "From: Bob <bob@example.com>\nTo: Ann\nSubject: Pump\n\nIt leaks.",
        "(In reply to Bob from comment #3)\n> it is leaking again\nfixed in the last build",
        "Dear Ann,\n\nplease see https://example.com/a?b=1&c=2 for the details.\n\nThanks\n",
        "Hi Ann,\nit fails.\n\n> when?\nThanks",
        "Hello,\nsee below.\nBR\n-- \nAnn",
        "-----Original Message-----\nFrom: Bob\nThe pump is leaking again.",
    ],
)
def test_mail(text: str) -> None:
    assert is_plain_mail(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello, World!\n",
        "Hello world\n",
        "> node\n> 1 + 1\n2",
        "> x <- c(1, 2)\n> mean(x)\n[1] 1.5",
        "< old line of it\n---\n> new line of it",
        "diff --git a/x b/x\n-- a\n++ b",
        "SELECT name\n-- the names of all pumps\nFROM pumps;",
        "2025-01-01 10:00 INFO pump started well\n2025-01-01 10:01 ERROR pump is leaking",
        "Dear = 1\nregards = Dear\n",
        "> help\n> quit\nbye",
        "Hello World!\n> exit",
        "Hello World\n> 1 + 1\n2 {\n}",
        "def greet(name):\n    return 'hello ' + name\n\nthanks\n",
        "name  state  since\npump  open   Monday",
        "the first line is prose\nthe second line is prose\n",
        'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\nValueError: no pump',
    ],
)
def test_no_mail(text: str) -> None:
    assert not is_plain_mail(text)

import difflib

import pytest

from jira_session_export._batch import nearest
from jira_session_export._batch.nearest import COMPARED_NAMES, Nearest

NAMES = [f"ticket-{number}" for number in range(2_000)] + ["login", "Log out", "payment page", "Zahlung", "漢字の"]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("lgin", "login"), ("logout", "Log out"), ("payment-page", "payment page"), ("zahlung", "Zahlung"), ("漢字", "漢字の"),
        ("tikcet-1234", "ticket-1234"), ("ticket-77777", "ticket-777"), ("nothing of the kind", None), ("", None), ("q", None),
    ],
)  # fmt: skip
def test_the_name_that_was_meant(asked, meant):
    assert Nearest(NAMES).to(asked) == meant


def test_long_names_are_found_and_given_whole():
    long = "a story about everything that " * 100
    assert Nearest([long, "b"]).to(long[:-1].replace("story", "sotry")) == long


def test_few_names_are_compared_and_none_of_them_whole(monkeypatch):
    compared = []

    class Counting(difflib.SequenceMatcher):
        def ratio(self):
            compared.append((self.a, self.b))
            return super().ratio()

    monkeypatch.setattr(difflib, "SequenceMatcher", Counting)
    names = [f"{'same' * 30}{number}" for number in range(5_000)]
    Nearest(names).to("same" * 31)
    assert len(compared) <= COMPARED_NAMES
    assert all(len(a) <= nearest.COMPARED_LENGTH and len(b) <= nearest.COMPARED_LENGTH for a, b in compared)

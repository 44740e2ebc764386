import pytest

from jira_session_export._mapping.names import NameIndex, name_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Caf\u00e9", "Cafe\u0301"),
        ("Story\u00a0Points", " story  points "),
        ("Prio\u2009\u3000A", "prio a"),
        ("STRASSE", "Straße"),
        ("\u01f0", "J\u030c"),
    ],
)
def test_names_that_look_the_same_are_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("A B", "AB"), ("resume", "résumé"), ("1.0", "1.00"), ("²", "2")])
def test_names_that_differ_stay_apart(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_an_index_holds_each_thing_once_and_by_every_name() -> None:
    index = NameIndex([(1, ("A", "B")), (1, ("A", "b ")), (2, ("", "a"))], lambda names: names)
    assert list(index.named("a")) == [("A", "b "), ("", "a")]
    assert list(index.named("B")) == [("A", "b ")]
    assert list(index.named("")) == []

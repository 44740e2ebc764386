import re

import pytest

from jira_session_export._adf.schema import BLOCKS, INLINES, MARKS, NODES


def test_every_child_and_mark_is_known():
    for name, node in NODES.items():
        assert node.children.keys() <= NODES.keys(), name
        for marks in node.children.values():
            assert marks <= MARKS.keys(), name


def test_exclusion_is_mutual():
    for name, mark in MARKS.items():
        assert all(name in MARKS[other].excludes for other in mark.excludes)


def test_every_node_can_be_reached_and_inlines_are_no_blocks():
    reached, waiting = {"doc"}, ["doc"]
    while waiting:
        new = NODES[waiting.pop()].children.keys() - reached
        reached |= new
        waiting += new
    assert reached == NODES.keys()
    assert not BLOCKS & INLINES


@pytest.mark.parametrize(
    ("href", "passes"),
    [
        ("https://a", True), ("HTTP://a", True), ("mailto:a@b", True), ("/a", True), ("//a", True), ("#a", True), ("", True),
        ("a/b", False), ("javascript:x", False), ("data:x", False), ("http:a", False), ("foo:bar", False),
    ],
)  # fmt: skip
def test_addresses_as_atlassians_validator_takes_them(href, passes):
    assert bool(re.fullmatch(MARKS["link"].attrs["href"].pattern, href)) is passes

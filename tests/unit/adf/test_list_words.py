import pytest

from jira_session_export._adf.element import Element
from jira_session_export._adf.list_words import is_task_list, level_of, listed_as, task_state


@pytest.mark.parametrize(
    ("attrs", "state"),
    [
        ({"data-checked": "true"}, "DONE"), ({"data-checked": ""}, "DONE"), ({"data-checked": None}, "DONE"),
        ({"data-checked": "false"}, "TODO"), ({"aria-checked": "mixed"}, "TODO"), ({"data-list": "checked"}, "DONE"),
        ({"data-list": "unchecked"}, "TODO"), ({"data-task": ""}, "TODO"), ({"class": "x--checked"}, "DONE"),
        ({"class": "a PlaygroundEditorTheme__listItemUnchecked"}, "TODO"), ({"class": "task-list-item"}, "TODO"),
        ({"data-list": "bullet"}, None), ({"class": "checkered"}, None), ({"class": "item"}, None), ({}, None),
    ],
)  # fmt: skip
def test_state_of_an_item(attrs, state):
    assert task_state(Element("li", attrs)) == state


@pytest.mark.parametrize(
    ("attrs", "expected"),
    [
        ({"class": "todo-list"}, True), ({"class": "e-rte-checklist"}, True), ({"__lexicallisttype": "check"}, True),
        ({"data-checked": "false"}, True), ({"data-type": "taskList"}, True),
        # Items of these may be others, too.
        ({"class": "contains-task-list"}, False), ({"class": "task-list"}, False), ({"class": "nav"}, False),
    ],
)  # fmt: skip
def test_lists_of_tasks(attrs, expected):
    assert is_task_list(Element("ul", attrs)) is expected


def test_kind_and_depth_of_an_item():
    assert listed_as(Element("li", {"data-list": "ordered"})) == "orderedList"
    assert listed_as(Element("li", {"data-list-type": "bullet"})) == "bulletList"
    assert listed_as(Element("li", {})) is None
    assert level_of(Element("li", {"class": "ql-indent-2"})) == 3
    assert level_of(Element("li", {"class": "level-2"})) is None

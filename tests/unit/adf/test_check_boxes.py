"""Check boxes that are characters."""

from itertools import count

from jira_session_export._adf.check import check_adf
from jira_session_export._adf.check_boxes import tick_boxes

BOLD = [{"type": "strong"}]


def ticked(*content: dict) -> list[dict]:
    numbers = count(1)
    document = {"version": 1, "type": "doc", "content": list(content)}
    tick_boxes(document, lambda prefix: f"{prefix}-{next(numbers)}")
    assert check_adf(document) == []
    return document["content"]


def paragraph(*texts: str) -> dict:
    return {"type": "paragraph", "content": [{"type": "text", "text": text} for text in texts]}


def bullets(*items: list[dict]) -> dict:
    return {"type": "bulletList", "content": [{"type": "listItem", "content": item} for item in items]}


def test_a_list_of_boxes_is_one_of_tasks() -> None:
    (tasks,) = ticked(
        bullets([paragraph("\u2610 open")], [paragraph("\u2612", "\xa0", "done")], [paragraph("\u2611\tyes")])
    )
    assert tasks["type"] == "taskList"
    said = [(task["attrs"]["state"], [node["text"] for node in task["content"]]) for task in tasks["content"]]
    assert said == [("TODO", ["open"]), ("DONE", ["done"]), ("DONE", ["yes"])]


def test_one_item_without_a_box_and_it_is_no_check_list() -> None:
    content = bullets([paragraph("\u2610 open")], [paragraph("text")])
    assert ticked(content) == [content]
    content = bullets([paragraph("\u2610 open"), paragraph("more")])
    assert ticked(content) == [content]


def test_nested_lists_are_tasks_too() -> None:
    (tasks,) = ticked(bullets([paragraph("\u2610 a"), bullets([paragraph("\u2611 b")])], [paragraph("\u2610 c")]))
    assert [node["type"] for node in tasks["content"]] == ["taskItem", "taskList", "taskItem"]


def test_two_lines_are_tasks_and_one_is_none() -> None:
    assert ticked(paragraph("\u2610 = open"))[0]["type"] == "paragraph"
    before, tasks, after = ticked(paragraph("x"), paragraph("\u2610 a"), paragraph("\u2610 b"), paragraph("y"))
    assert (before["type"], tasks["type"], len(tasks["content"]), after["type"]) == (
        "paragraph",
        "taskList",
        2,
        "paragraph",
    )


def test_a_box_alone_or_in_front_of_a_word_is_no_task() -> None:
    content = [paragraph("\u2610"), paragraph("\u2610 "), paragraph("\u2610x")]
    assert ticked(*content) == content

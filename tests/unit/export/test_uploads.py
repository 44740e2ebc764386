from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.export.conftest import ticket

from jira_session_export._adf import convert_html
from jira_session_export._export.uploads import Upload, already_attached, uploads
from jira_session_export._values import FollowUp, StepKind

DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


def found(
    *files: str, html: str = "", follow_ups: tuple[FollowUp, ...] = (), embed_images: bool = True
) -> tuple[Upload, ...]:
    wanted = ticket(1, attachments=[{"path": f"/{at}", "filename": name} for at, name in enumerate(files)])
    return uploads(wanted, convert_html(html), follow_ups, lambda _: "all of it", embed_images=embed_images)


def names(*files: str, **how: Any) -> list[str]:
    return [each.target for each in found(*files, **how)]


def attached(filename: str, size: int) -> Any:
    return SimpleNamespace(filename=filename, size=size, id=f"{filename}-{size}")


def test_all_files_of_a_ticket_in_order() -> None:
    follow_up = FollowUp(StepKind.ATTACHMENT, "description.txt")
    wanted = names("log.txt", html=f'<p><img src="{DOT}"></p>', follow_ups=(follow_up,))
    assert wanted[0] == "log.txt"
    assert wanted[1].endswith(".gif")
    assert wanted[2:] == ["description.txt"]


def test_images_on_the_web_or_unknown_are_not_uploaded() -> None:
    assert names(html='<img src="https://example.com/a.png"><img src="cid:picture@mail">') == []


def test_an_attachment_fills_every_place_that_names_it() -> None:
    html = f'<img src="a.png"><img src="{DOT}"><img src="img/a.png"><img src="b.png">'
    assert [(each.target, each.places) for each in found("log.txt", "a.png", html=html)] == [
        ("log.txt", ()),
        ("a.png", ("embedded-1", "embedded-3")),
        ("embedded-2.gif", ("embedded-2",)),
    ]


def test_without_images_only_the_attachments_are_left() -> None:
    html = f'<img src="a.png"><img src="{DOT}">'
    assert [(each.target, each.places) for each in found("a.png", html=html, embed_images=False)] == [("a.png", ())]


def test_names_are_made_unique() -> None:
    assert names("log.txt", "log.txt", "log.txt", "log (2).txt") == [
        "log.txt",
        "log (2).txt",
        "log (3).txt",
        "log (2) (2).txt",
    ]
    assert names(".env", ".env", "README", "README") == [".env", ".env (2)", "README", "README (2)"]
    clash = names("log (2).txt", "log.txt", "log.txt")
    assert len(set(clash)) == 3


def test_what_jira_has_is_known_by_name_and_size() -> None:
    upload = Upload("log.txt", b"12345", None, size=5)
    assert already_attached(upload, [attached("log.txt", 4), attached("other.txt", 5)]) is None
    same = already_attached(upload, [attached("log.txt", 4), attached("log.txt", 5)])
    assert same is not None
    assert same.id == "log.txt-5"
    assert already_attached(Upload("a", b"123", None, size=3), [attached("a", 3)])
    assert already_attached(Upload("gone", b"", None), [attached("gone", 3)]) is None


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("Plan: Q4?.pdf", "Plan_ Q4_.pdf"),
        ('a "b" <c>.txt', "a _b_ _c_.txt"),
        ('a "b".txt', "a %22b%22.txt"),
        ("C:\\temp\\log.txt", "log.txt"),
        ("folder/log.txt", "log.txt"),
        ("Größe.png", "Gr__e.png"),
        ("Gro\u0308ße.png", "Größe.png"),
        ("日本語.png", "___.png"),
        ("🚀 Start.PNG", "Start.png"),
        ("x" * 300 + ".txt", "x" * 200 + ".txt"),
    ],
)
def test_a_name_that_jira_changes_is_recognised(sent: str, stored: str) -> None:
    upload = Upload(sent, b"12345", None, size=5)
    found = already_attached(upload, [attached("other.txt", 5), attached(stored, 4), attached(stored, 5)])
    assert found is not None
    assert (found.filename, found.size) == (stored, 5)


def test_another_file_is_not_taken_for_a_changed_name() -> None:
    upload = Upload("log?.txt", b"12345", None, size=5)
    other = Upload("log_.txt", b"54321", None, size=5)
    assert already_attached(upload, [attached("log_.txt", 5)]) is not None
    assert already_attached(upload, [attached("log_.txt", 5)], others=[upload, other]) is None
    assert already_attached(upload, [attached("log_.txt", 5)], taken=["log_.txt-5"]) is None
    assert already_attached(upload, [attached("log_.md", 5), attached("blog.txt", 5)]) is None
    two = [Upload("日本語.png", b"1", None, size=1), Upload("中文.png", b"2", None, size=1)]
    assert already_attached(two[0], [attached("___.png", 1)], others=two) is None

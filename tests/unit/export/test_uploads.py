from pathlib import Path
from types import SimpleNamespace
from typing import Any

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


def test_what_jira_has_is_known_by_name_and_size(tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_text("12345")
    upload = Upload("log.txt", file, None)
    assert already_attached(upload, [attached("log.txt", 4), attached("other.txt", 5)]) is None
    same = already_attached(upload, [attached("log.txt", 4), attached("log.txt", 5)])
    assert same is not None
    assert same.id == "log.txt-5"
    assert already_attached(Upload("a", b"123", None), [attached("a", 3)])
    assert already_attached(Upload("gone", tmp_path / "gone", None), [attached("gone", 3)]) is None

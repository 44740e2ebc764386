from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.unit.export.conftest import ticket

from jira_session_export.adf import convert_html
from jira_session_export.export.uploads import Upload, already_attached, uploads
from jira_session_export.facts import FollowUp, StepKind

DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


def names(*files: str, html: str = "", follow_ups: tuple[FollowUp, ...] = ()) -> list[str]:
    wanted = ticket(1, attachments=[{"path": f"/{at}", "filename": name} for at, name in enumerate(files)])
    return [each.target for each in uploads(wanted, convert_html(html), follow_ups, lambda _: "all of it")]


def attached(filename: str, size: int) -> Any:
    return SimpleNamespace(filename=filename, size=size, id=f"{filename}-{size}")


def test_all_files_of_a_ticket_in_order() -> None:
    follow_up = FollowUp(StepKind.ATTACHMENT, "description.txt")
    found = names("log.txt", html=f'<p><img src="{DOT}"></p>', follow_ups=(follow_up,))
    assert found[0] == "log.txt"
    assert found[1].endswith(".gif")
    assert found[2:] == ["description.txt"]


def test_images_on_the_web_or_unknown_are_not_uploaded() -> None:
    assert names(html='<img src="https://example.com/a.png"><img src="cid:picture@mail">') == []


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
    found = already_attached(upload, [attached("log.txt", 4), attached("log.txt", 5)])
    assert found is not None
    assert found.id == "log.txt-5"
    assert already_attached(Upload("a", b"123", None), [attached("a", 3)])
    assert already_attached(Upload("gone", tmp_path / "gone", None), [attached("gone", 3)]) is None

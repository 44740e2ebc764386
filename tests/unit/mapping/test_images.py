from pathlib import Path

import pytest

from jira_session_export._adf import Conversion, convert_html, convert_markdown
from jira_session_export._mapping.images import MOST_FIXES, attached_images, image_fixes
from jira_session_export._models import Attachment
from jira_session_export._values import ManualFix, ManualFixKind

DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
BROKEN = "data:image/png;base64,!"
NOT_BROUGHT = "nothing is shown there, because the ticket does not bring the file along"
NO_FILE = "nothing is shown there, because the ticket has no file of it"
UNREADABLE = "nothing is shown there, because its data cannot be read"
ATTACH = "Attach the file to the issue and insert it in the description."
SAME_NAME = [Attachment(path=Path("/t/old/ui.png")), Attachment(path=Path("/t/new/ui.png"))]


def fixes(text: Conversion, *attachments: Attachment) -> tuple[ManualFix, ...]:
    return image_fixes(text, "description", attachments, in_place=True)


@pytest.mark.parametrize(
    ("source", "asked_for", "done_instead"),
    [
        ("cid:logo@mail", "cid:logo@mail", NOT_BROUGHT),
        ("images/a.png", "images/a.png", NOT_BROUGHT),
        ("file:///C:/a.png", "file:///C:/a.png", NOT_BROUGHT),
        ("blob:https://example.com/1", "blob:https://example.com/1", NOT_BROUGHT),
        (f"{'deep/' * 30}a.png", "…/a.png", NOT_BROUGHT),
        (BROKEN, BROKEN, UNREADABLE),
        (f"data:image/png;base64,{'A' * 500}!", "data:image/png;base64,…", UNREADABLE),
    ],
)
def test_an_image_that_cannot_come_along_leaves_a_fix(source: str, asked_for: str, done_instead: str) -> None:
    expected = ManualFix(
        ManualFixKind.ATTACHMENT_FAILED, "description", f"{asked_for} shown in place", done_instead, ATTACH
    )
    assert fixes(convert_html(f'<p>a<img src="{source}">b</p>')) == (expected,)


@pytest.mark.parametrize(
    ("html", "asked_for"),
    [
        ('<img alt="Sales in May">', "Sales in May"),
        ("<svg><path/></svg>", "<svg>"),
        ("<canvas></canvas>", "<canvas>"),
        ('<video src="clip.mp4"></video>', "clip.mp4"),
    ],
)
def test_what_is_no_file_at_all_leaves_a_fix(html: str, asked_for: str) -> None:
    (fix,) = fixes(convert_html(html))
    assert (fix.asked_for, fix.done_instead, fix.recommended_action) == (
        f"{asked_for} shown in place",
        NO_FILE,
        ATTACH,
    )


@pytest.mark.parametrize(
    "html",
    [
        "<p>plain</p>",
        "<img>",
        f'<img src="{DOT}">',
        '<img src="https://example.com/a.png">',
        '<svg aria-hidden="true"></svg>',
        '<iframe src="https://example.com/film"></iframe>',
        '<input value="Ann"><a href="a.html">a</a><script>x</script>',
    ],
)
def test_what_comes_along_or_is_mere_form_leaves_none(html: str) -> None:
    assert fixes(convert_html(html)) == ()


def test_one_image_in_several_places_leaves_one_fix() -> None:
    html = '<img src="a.png" alt="A"><img src="a.png"><p>b</p><img src="a.png" alt="again"><img src="b.png">'
    assert [fix.asked_for for fix in fixes(convert_html(html))] == [
        "a.png (A) shown in place",
        "b.png shown in place",
    ]


def test_long_addresses_that_begin_alike_leave_a_fix_each() -> None:
    folder = "deep/" * 50
    text = convert_html(f'<img src="{folder}a.png"><img src="{folder}b.png"><img src="{folder}a.png">')
    assert [fix.asked_for for fix in fixes(text)] == ["…/a.png shown in place", "…/b.png shown in place"]


def test_markdown_images_are_no_different() -> None:
    (fix,) = fixes(convert_markdown("![Chart](img/chart.png)"))
    assert fix.asked_for == "img/chart.png (Chart) shown in place"


def test_a_text_of_images_is_summed_up() -> None:
    found = fixes(convert_html("".join(f'<img src="{number}.png">' for number in range(MOST_FIXES + 7))))
    assert len(found) == MOST_FIXES + 1
    assert found[-1].asked_for == "7 more images shown in place"


# -- attachments that an image stands for ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "attachments", "path"),
    [
        ("images/a.png", [Attachment(path=Path("/t/a.png"))], "/t/a.png"),
        ("my%20a.png?x=1", [Attachment(path=Path("/t/my a.png"))], "/t/my a.png"),
        ("cid:a.png@01D9", [Attachment(path=Path("/t/a.png"))], "/t/a.png"),
        ("a.png", [Attachment(path=Path("/t/upload-17"), filename="a.png")], "/t/upload-17"),
        ("a.png", [Attachment(path=Path("/t/a.png"), filename="Plan.png")], "/t/a.png"),
        ("../new/ui.png", SAME_NAME, "/t/new/ui.png"),
        (".\\old\\ui.png", SAME_NAME, "/t/old/ui.png"),
        ("ui.png", SAME_NAME, None),
        ("cid:ui.png@mail", SAME_NAME, None),
        ("a.png", [Attachment(path=Path("/t/A.png"))], None),
        (DOT, [Attachment(path=Path("/t/embedded-1.gif"))], None),
        (BROKEN, [Attachment(path=Path("/t/embedded-1.png"))], None),
    ],
)
def test_an_image_stands_for_the_attachment_of_its_name(
    source: str, attachments: list[Attachment], path: str | None
) -> None:
    (file,) = convert_html(f'<img src="{source}">').embedded_files
    found = attached_images([file], attachments).get(file.id)
    assert (found and str(found.path)) == (path and str(Path(path)))


def test_an_image_that_is_attached_leaves_no_fix() -> None:
    text = convert_markdown("![](images/a.png) ![](images/b.png)")
    assert [fix.asked_for for fix in fixes(text, Attachment(path=Path("/t/images/a.png")))] == [
        "images/b.png shown in place"
    ]


@pytest.mark.parametrize("source", ["ui.png", "cid:ui.png@mail", "next/ui.png"])
def test_an_image_that_may_be_several_attachments_is_left_to_a_person(source: str) -> None:
    (fix,) = fixes(convert_html(f'<img src="{source}">'), *SAME_NAME)
    assert fix.done_instead == "nothing is shown there, because several attachments are called ui.png"
    assert fix.recommended_action == "Insert the right one of them in the description."


@pytest.mark.parametrize(
    ("source", "why", "action"),
    [
        (DOT, "an export shows attached images in descriptions only", "Attach the file to the issue and insert it"),
        ("a.png", "an export shows attached images in descriptions only", "Insert the attached a.png"),
        ("b.png", "the ticket does not bring the file along", "Attach the file to the issue and insert it"),
    ],
)
def test_other_texts_show_no_attached_images(source: str, why: str, action: str) -> None:
    text = convert_html(f'<img src="{source}">')
    (fix,) = image_fixes(text, "Acceptance criteria", [Attachment(path=Path("/t/a.png"))], in_place=False)
    assert (fix.field, fix.done_instead) == ("Acceptance criteria", f"nothing is shown there, because {why}")
    assert fix.recommended_action == f"{action} in Acceptance criteria."

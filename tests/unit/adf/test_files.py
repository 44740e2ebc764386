from base64 import b64encode

import pytest

from jira_session_export._adf.check import check_adf
from jira_session_export._adf.files import MediaReference
from jira_session_export._adf.html import convert_html

PNG = b"\x89PNG\r\n\x1a\n"
DATA = f"data:image/png;base64,{b64encode(PNG).decode()}"


def files(html):
    return convert_html(html).embedded_files


def test_a_data_address_brings_its_bytes():
    (file,) = files(f'<img src="{DATA}" alt="Logo" width="20" height="10">')
    assert (file.content, file.media_type, file.filename) == (PNG, "image/png", "embedded-1.png")
    assert (file.alt, file.width, file.height) == ("Logo", 20, 10)


@pytest.mark.parametrize(
    ("source", "content", "media_type"),
    [
        ("data:image/svg+xml,%3Csvg/%3E", b"<svg/>", "image/svg+xml"),
        ("data:;base64,QQ", b"A", None),
        ("data:image/png;base64,Q U\nE=", b"AA", "image/png"),
        ("data:image/png;base64,!", None, "image/png"),
        ("data:broken", None, None),
        ("DATA:image/GIF;base64,QUE=", b"AA", "image/gif"),
    ],
)
def test_kinds_of_data_addresses(source, content, media_type):
    (file,) = files(f'<img src="{source}">')
    assert (file.content, file.media_type) == (content, media_type)


@pytest.mark.parametrize(
    ("source", "filename"),
    [
        ("cid:image001.png@01D9", "image001.png"),
        ("img/chart%20one.png?x=1", "chart one.png"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\x.exe", "x.exe"),
        ("%2e%2e%2f", "embedded-1"),
        ("file:///C:/Users/a.jpg", "a.jpg"),
        ("//[broken", "embedded-1"),
        ("a<b>:c.png", "a_b__c.png"),
    ],
)
def test_file_names_have_no_directories(source, filename):
    (file,) = files(f'<img src="{source.replace("<", "&lt;")}">')
    assert file.filename == filename
    assert file.content is None


def test_a_long_source_is_shortened():
    (file,) = files(f'<img src="data:image/png;base64,{"QUFB" * 1000}">')
    assert len(file.source) == 201
    assert len(file.content) == 3000


def test_media_take_the_place_of_their_placeholders():
    conversion = convert_html(f'<p>a</p><ul><li>b<img src="{DATA}" alt="Logo"></li></ul><img src="cid:2">')
    first, second = conversion.embedded_files
    placed = conversion.with_media({first.id: MediaReference("m1", "", width=5)})
    assert check_adf(placed) == []
    item = placed["content"][1]["content"][0]
    assert item["content"][1] == {
        "type": "mediaSingle",
        "attrs": {"layout": "center"},
        "content": [
            {"type": "media", "attrs": {"type": "file", "id": "m1", "collection": "", "alt": "Logo", "width": 5}}
        ],
    }
    assert placed["content"][2]["attrs"] == {"localId": second.id}
    assert conversion.document["content"][1]["content"][0]["content"][1]["attrs"] == {"localId": first.id}


def test_without_media_the_document_stays():
    conversion = convert_html('<img src="cid:1">')
    assert conversion.with_media({}) == conversion.document


def test_where_no_block_can_stand_the_image_is_inline():
    conversion = convert_html('<img src="cid:1">')
    (file,) = conversion.embedded_files
    item = {
        "type": "blockTaskItem",
        "attrs": {"localId": "1", "state": "TODO"},
        "content": conversion.document["content"],
    }
    task_list = {"type": "taskList", "attrs": {"localId": "2"}, "content": [item]}
    document = {"version": 1, "type": "doc", "content": [task_list]}
    placed = type(conversion)(document, (), (file,), None).with_media({file.id: MediaReference("m", "")})
    assert check_adf(placed) == []
    assert "mediaInline" in str(placed)

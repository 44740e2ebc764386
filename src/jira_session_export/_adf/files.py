"""Images that have no address on the web: files a host has to attach."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from mimetypes import guess_extension, guess_type
from typing import Any, Literal
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from jira_session_export._adf.schema import NODES
from jira_session_export._adf.urls import scheme_of

Node = dict[str, Any]

_SOURCE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """An image of the source that is not on the web: inline (`data:`), in the same mail (`cid:`), or a relative path.

    Attributes:
        id: `localId` of the empty paragraph that keeps its place in the document.
        source: the address as written, a long one shortened.
        filename: a name to attach it under; never empty, without directories.
        media_type: such as `image/png`; None when unknown.
        content: the bytes of a `data:` address; None when a host has to find them by `source`.
        alt: what it shows, in words; may be empty.
        width, height: in pixels; None when the source does not say.
        layout: where it stands, by the word of ADF's `mediaSingle`.
        display_width: how wide it is shown; None for as wide as it is.
        display_width_type: what `display_width` counts: pixels, or percent of the width of the text.
    """

    id: str
    source: str
    filename: str
    media_type: str | None
    content: bytes | None
    alt: str
    width: int | None
    height: int | None
    layout: str = "center"
    display_width: float | None = None
    display_width_type: Literal["percentage", "pixel"] = "percentage"


@dataclass(frozen=True, slots=True)
class MediaReference:
    """A file that Jira's media service has.

    Attributes:
        id: its id there.
        collection: its collection, empty for what was attached to an issue.
        width, height: in pixels, when they differ from what the source says.
    """

    id: str
    collection: str
    width: int | None = None
    height: int | None = None


def read_embedded_file(
    file_id: str, source: str, *, alt: str, width: float | None, height: float | None, figure: Node
) -> EmbeddedFile:
    """What can be known about an image by its address; `figure` has the attributes of the `mediaSingle` it becomes."""
    source = source.strip()
    media_type: str | None
    content: bytes | None = None
    if scheme_of(source) == "data":
        media_type, content = _read_data(source)
        filename = f"{file_id}{guess_extension(media_type or '') or ''}"
    else:
        filename = _filename(source) or file_id
        media_type = guess_type(filename)[0]
    return EmbeddedFile(
        id=file_id,
        source=source if len(source) <= _SOURCE_LENGTH else f"{source[:_SOURCE_LENGTH]}…",
        filename=filename,
        media_type=media_type,
        content=content,
        alt=alt,
        width=None if width is None else round(width),
        height=None if height is None else round(height),
        layout=figure.get("layout", "center"),
        display_width=figure.get("width"),
        display_width_type=figure.get("widthType", "percentage"),
    )


def _read_data(source: str) -> tuple[str | None, bytes | None]:
    """Media type and bytes of a `data:` address; None for what it does not give."""
    header, comma, data = source.partition(",")
    if not comma:
        return None, None
    media_type, *parameters = (part.strip().lower() for part in header.partition(":")[2].split(";"))
    if "base64" not in parameters:
        return media_type or None, unquote_to_bytes(data)
    compact = "".join(unquote(data).split())
    try:
        return media_type or None, b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (Base64Error, ValueError):
        return media_type or None, None


def _filename(source: str) -> str:
    if scheme_of(source) == "cid":
        name = source.partition(":")[2].partition("@")[0]
    else:
        try:
            name = urlsplit(source).path
        except ValueError:
            name = ""
    name = unquote(name.replace("\\", "/")).replace("\\", "/").rstrip("/").rpartition("/")[2]
    kept = "".join(character if character.isprintable() and character not in '<>:"|?*/' else "_" for character in name)
    return kept.strip(". ")[:120]


def place_media(document: Node, files: tuple[EmbeddedFile, ...], media: Mapping[str, MediaReference]) -> Node:
    """A copy of the document in which the placeholders of the given files are media nodes.

    Args:
        media: embedded file's id → the file in Jira. A file that is not in it keeps its placeholder.
    """
    wanted = {file.id: file for file in files if file.id in media}
    if not wanted:
        return document
    root = dict(document)
    waiting = [root]
    while waiting:
        node = waiting.pop()
        content = node.get("content")
        if not content:
            continue
        copies = []
        for child in content:
            file = wanted.get(child.get("attrs", {}).get("localId")) if child["type"] == "paragraph" else None
            if file is None:
                copy = dict(child)
                waiting.append(copy)
            else:
                copy = _media_block(node["type"], file, media[file.id])
            copies.append(copy)
        node["content"] = copies
    return root


def _media_block(parent_type: str, file: EmbeddedFile, reference: MediaReference) -> Node:
    attrs: Node = {"type": "file", "id": reference.id, "collection": reference.collection}
    if file.alt:
        attrs["alt"] = file.alt
    for name, value in (("width", reference.width or file.width), ("height", reference.height or file.height)):
        if value:
            attrs[name] = value
    if "mediaSingle" in NODES[parent_type].children:
        figure: Node = {"layout": file.layout}
        if file.display_width is not None:
            figure["width"] = file.display_width
            if file.display_width_type == "pixel":
                figure["widthType"] = "pixel"
        return {"type": "mediaSingle", "attrs": figure, "content": [{"type": "media", "attrs": attrs}]}
    return {"type": "paragraph", "content": [{"type": "mediaInline", "attrs": attrs}]}

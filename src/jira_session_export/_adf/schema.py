"""The content model of the Atlassian Document Format as plain data.

It is the intersection of three judges that disagree in places: the official JSON schema (`full.json`), Atlassian's
runtime validator and ProseMirror's `check()` over Atlassian's default schema. What this data allows passes all three; a
table in a panel, say, passes only the last and is therefore absent. The builder asks it before it opens a node,
`check_adf` walks it.

Source: npm `@atlaskit/adf-schema` 57.7.22 (`dist/json-schema/v1/full.json`, `schema-default`, `is-safe-url`) and
`@atlaskit/adf-utils` (validator).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

__all__ = ["BLOCKS", "INLINES", "MARKS", "NODES", "Attr", "Kind", "MarkType", "NodeType"]


class Kind(StrEnum):
    """The JSON type of an attribute."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    OBJECT = "object"
    NUMBERS = "array of numbers"
    STRINGS = "array of strings"
    OBJECT_OR_NULL = "object or null"
    DATASOURCE = "object with id, parameters and at least one view"


@dataclass(frozen=True, slots=True)
class Attr:
    """What an attribute may hold.

    Attributes:
        required: whether `attrs` must have it.
        choices: the only values allowed, when there is a list.
        minimum, maximum: bounds of a number, inclusive.
        min_length: shortest string or array allowed.
        pattern: regular expression the whole string must match.
        meaning: the pattern in words.
    """

    kind: Kind = Kind.STRING
    required: bool = False
    choices: frozenset[str] | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int = 0
    pattern: str | None = None
    meaning: str | None = None


Attrs = Mapping[str, Attr]


@dataclass(frozen=True, slots=True)
class NodeType:
    """What one type of node may hold.

    A node has no other keys than `type`, `attrs`, `content`, `marks`, and `text` or `version` where they are needed.

    Attributes:
        children: type of a child → the marks that this child may bear in this place.
        attrs: alternative shapes of `attrs`, any one of which must fit; no other attributes may occur.
        needs: keys that must be present besides `type`.
        min_children, max_children: bounds of `content`, inclusive; an absent `content` counts as empty.
        order: when given, the n-th child must be of the n-th type.
    """

    children: Mapping[str, frozenset[str]]
    attrs: tuple[Attrs, ...]
    needs: frozenset[str]
    min_children: int = 0
    max_children: int | None = None
    order: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class MarkType:
    """What one type of mark may hold, and which others cannot stand beside it; one of its own type never can."""

    attrs: Attrs
    excludes: frozenset[str] = frozenset()


_REQUIRED: Final = Attr(required=True)
_STRING: Final = Attr()
_NUMBER: Final = Attr(Kind.NUMBER)
_BOOLEAN: Final = Attr(Kind.BOOLEAN)
_DATA: Final = Attr(Kind.OBJECT_OR_NULL)
_NAME: Final = Attr(required=True, min_length=1)
# What Atlassian's validator lets pass as an address; a scheme it does not list, or a relative path, fails. It trims
# what JavaScript trims, and ignores case as Unicode folds it: a long s counts as s, the Kelvin sign as k.
_TRIMMED: Final = r"[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"
_SCHEMES: Final = (
    "(?:https?|ftps?|sftp|scp|gopher|integrity|file|smb|dynamicsnav|jamfselfservice|hipchat)://"
    "|(?:mailto|skype|callto|facetime|git|irc6?|news|nntp|feed|cvs|svn|mvn|ssh|itms|notes|sourcetree|urn|tel|xmpp"
    "|telnet|vnc|rdp|whatsapp|slack|sips?|magnet):"
).translate({ord("s"): "[s\u017f]", ord("k"): "[k\u212a]"})
_ADDRESS: Final = Attr(
    required=True,
    pattern=rf"{_TRIMMED}*(?:\Z|[/#]|(?ai:{_SCHEMES}))[\s\S]*",
    meaning="an address of a scheme that Jira follows, or one that starts with / or #",
)
_HEX: Final = Attr(required=True, pattern="#[0-9a-fA-F]{6}")


def _one_of(*choices: str, required: bool = False) -> Attr:
    return Attr(choices=frozenset(choices), required=required)


# --- marks

_CODE_EXCLUDES: Final = frozenset(
    {"em", "strong", "strike", "subsup", "underline", "link", "textColor", "backgroundColor"}
)

MARKS: Final[Mapping[str, MarkType]] = {
    "link": MarkType(
        {"href": _ADDRESS, "title": _STRING, "id": _STRING, "collection": _STRING, "occurrenceKey": _STRING},
        frozenset({"code"}),
    ),
    "em": MarkType({}, frozenset({"code"})),
    "strong": MarkType({}, frozenset({"code"})),
    "strike": MarkType({}, frozenset({"code"})),
    "subsup": MarkType({"type": _one_of("sub", "sup", required=True)}, frozenset({"code"})),
    "underline": MarkType({}, frozenset({"code"})),
    "textColor": MarkType({"color": _HEX}, frozenset({"code"})),
    "backgroundColor": MarkType({"color": _HEX}, frozenset({"code"})),
    "annotation": MarkType({"id": _REQUIRED, "annotationType": _one_of("inlineComment", required=True)}),
    "code": MarkType({}, _CODE_EXCLUDES),
    "alignment": MarkType({"align": _one_of("center", "end", required=True)}, frozenset({"indentation"})),
    "indentation": MarkType(
        {"level": Attr(Kind.NUMBER, required=True, minimum=1, maximum=6)}, frozenset({"alignment"})
    ),
    "fontSize": MarkType({"fontSize": _one_of("small", required=True)}),
    "breakout": MarkType({"mode": _one_of("wide", "full-width", required=True), "width": _NUMBER}),
    "border": MarkType(
        {
            "size": Attr(Kind.NUMBER, required=True, minimum=1, maximum=3),
            "color": Attr(required=True, pattern="#[0-9a-fA-F]{8}|#[0-9a-fA-F]{6}"),
        }
    ),
    "dataConsumer": MarkType({"sources": Attr(Kind.STRINGS, required=True, min_length=1)}),
    "fragment": MarkType({"localId": _NAME, "name": _STRING}),
}

# --- which child may stand where, and with which marks

_NO_MARKS: Final[frozenset[str]] = frozenset()
_TEXT: Final = frozenset(
    {
        "link",
        "em",
        "strong",
        "strike",
        "subsup",
        "underline",
        "textColor",
        "annotation",
        "backgroundColor",
        "code",
    }
)
_SOURCES: Final = frozenset({"dataConsumer", "fragment"})
_MEDIA: Final = frozenset({"dataConsumer", "link", "annotation", "border"})
_SMALL: Final = frozenset({"fontSize"})

_Children = dict[str, frozenset[str]]


def _bare(*types: str) -> _Children:
    return dict.fromkeys(types, _NO_MARKS)


_CAPTION: Final[_Children] = {
    "text": _TEXT,
    **_bare("hardBreak", "mention", "emoji", "date", "placeholder", "inlineCard", "status"),
}
_INLINE: Final[_Children] = {**_CAPTION, "mediaInline": _MEDIA, "inlineExtension": _SOURCES}
_LISTS: Final = _bare("bulletList", "orderedList")

_QUOTED: Final[_Children] = {
    **_bare("paragraph", "codeBlock", "mediaSingle", "mediaGroup"),
    **_LISTS,
    "extension": _SOURCES,
}
_LISTED: Final[_Children] = {
    "paragraph": _SMALL,
    **_LISTS,
    **_bare("taskList", "mediaSingle", "codeBlock"),
    "extension": _SOURCES,
}
_IN_PANEL: Final[_Children] = {
    "paragraph": _SMALL,
    **_LISTS,
    **_bare("heading", "blockCard", "mediaGroup", "mediaSingle", "codeBlock", "taskList", "rule", "decisionList"),
    "extension": _SOURCES,
}
_IN_NESTED_EXPAND: Final[_Children] = {
    "paragraph": _SMALL,
    **_LISTS,
    **_bare("heading", "mediaSingle", "mediaGroup", "codeBlock", "taskList", "decisionList", "rule"),
    **_bare("panel", "blockquote"),
    "extension": _SOURCES,
}
_IN_BODIED_EXTENSION: Final[_Children] = {
    **_IN_NESTED_EXPAND,
    **_bare("blockCard", "embedCard"),
    "table": frozenset({"fragment"}),
}
_IN_EXPAND: Final[_Children] = {**_IN_BODIED_EXTENSION, "nestedExpand": _NO_MARKS}
_IN_CELL: Final[_Children] = {
    **_IN_NESTED_EXPAND,
    **_bare("blockCard", "embedCard", "nestedExpand"),
    "paragraph": frozenset({"fontSize", "alignment"}),
    "heading": frozenset({"alignment"}),
}
_IN_COLUMN: Final[_Children] = {
    **_IN_BODIED_EXTENSION,
    "paragraph": frozenset({"fontSize", "alignment", "indentation"}),
    "heading": frozenset({"alignment", "indentation"}),
    "expand": _NO_MARKS,
    "bodiedExtension": _SOURCES,
}
_IN_DOC: Final[_Children] = {
    **_IN_COLUMN,
    "codeBlock": frozenset({"breakout"}),
    "expand": frozenset({"breakout"}),
    "layoutSection": frozenset({"breakout"}),
    "syncBlock": frozenset({"breakout"}),
    "bodiedSyncBlock": frozenset({"breakout"}),
}
_IN_SYNC_BLOCK: Final[_Children] = {
    **{
        name: marks - {"dataConsumer"}
        for name, marks in _IN_DOC.items()
        if name not in {"extension", "bodiedExtension", "syncBlock", "bodiedSyncBlock"}
    },
    **_bare("codeBlock", "expand"),
    "mediaSingle": frozenset({"link"}),
}

# --- nodes

_LOCAL_ID: Final = {"localId": _STRING}
_LAYOUTS: Final = ("wide", "full-width", "center", "wrap-right", "wrap-left", "align-end", "align-start")
_WIDTH_PERCENT: Final = Attr(Kind.NUMBER, minimum=0, maximum=100)
_EXTENSION: Final[Attrs] = {
    "extensionKey": _NAME,
    "extensionType": _NAME,
    "parameters": _DATA,
    "text": _STRING,
    "localId": Attr(min_length=1),
}
_BLOCK_EXTENSION: Final[Attrs] = {**_EXTENSION, "layout": _one_of("wide", "full-width", "default")}
_CELL: Final[Attrs] = {
    "colspan": _NUMBER,
    "rowspan": _NUMBER,
    "colwidth": Attr(Kind.NUMBERS),
    "background": _STRING,
    "valign": _one_of("top", "middle", "bottom"),
    **_LOCAL_ID,
}
_EXPAND: Final[Attrs] = {"title": _STRING, **_LOCAL_ID}


def _node(
    children: _Children | None = None,
    *attrs: Attrs,
    needs: str = "",
    at_least: int = 0,
    at_most: int | None = None,
    order: tuple[str, ...] | None = None,
) -> NodeType:
    return NodeType(children or {}, attrs or (_LOCAL_ID,), frozenset(needs.split()), at_least, at_most, order)


NODES: Final[Mapping[str, NodeType]] = {
    "doc": _node(_IN_DOC, {}, needs="version content", at_least=1),
    # text blocks
    "paragraph": _node(_INLINE),
    "heading": _node(
        _INLINE, {"level": Attr(Kind.NUMBER, required=True, minimum=1, maximum=6), **_LOCAL_ID}, needs="attrs"
    ),
    "codeBlock": _node(
        _bare("text"),
        {"language": _STRING, "uniqueId": _STRING, "wrap": _BOOLEAN, "hideLineNumbers": _BOOLEAN, **_LOCAL_ID},
    ),
    "caption": _node(_CAPTION),
    # containers
    "blockquote": _node(_QUOTED, needs="content", at_least=1),
    "panel": _node(
        _IN_PANEL,
        {
            "panelType": _one_of("info", "note", "tip", "warning", "error", "success", "custom", required=True),
            "panelIcon": _STRING,
            "panelIconId": _STRING,
            "panelIconText": _STRING,
            "panelColor": _STRING,
            **_LOCAL_ID,
        },
        needs="attrs content",
        at_least=1,
    ),
    "expand": _node(_IN_EXPAND, _EXPAND, needs="content", at_least=1),
    "nestedExpand": _node(_IN_NESTED_EXPAND, _EXPAND, needs="attrs content", at_least=1),
    "layoutSection": _node(_bare("layoutColumn"), needs="content", at_least=2, at_most=3),
    "layoutColumn": _node(
        _IN_COLUMN,
        {
            "width": Attr(Kind.NUMBER, required=True, minimum=0, maximum=100),
            "valign": _one_of("top", "middle", "bottom"),
            **_LOCAL_ID,
        },
        needs="attrs content",
        at_least=1,
    ),
    # lists
    "bulletList": _node(_bare("listItem"), needs="content", at_least=1),
    "orderedList": _node(
        _bare("listItem"), {"order": Attr(Kind.NUMBER, minimum=0), **_LOCAL_ID}, needs="content", at_least=1
    ),
    "listItem": _node(_LISTED, needs="content", at_least=1),
    "taskList": _node(
        _bare("taskItem", "taskList", "blockTaskItem"), {"localId": _REQUIRED}, needs="attrs content", at_least=1
    ),
    "taskItem": _node(_INLINE, {"localId": _REQUIRED, "state": _one_of("TODO", "DONE", required=True)}, needs="attrs"),
    "blockTaskItem": _node(
        {"paragraph": _NO_MARKS, "extension": _SOURCES},
        {"localId": _REQUIRED, "state": _one_of("TODO", "DONE", required=True)},
        needs="attrs content",
        at_least=1,
    ),
    "decisionList": _node(_bare("decisionItem"), {"localId": _REQUIRED}, needs="attrs content", at_least=1),
    "decisionItem": _node(_INLINE, {"localId": _REQUIRED, "state": _REQUIRED}, needs="attrs"),
    # tables
    "table": _node(
        _bare("tableRow"),
        {
            "displayMode": _one_of("default", "fixed"),
            "isNumberColumnEnabled": _BOOLEAN,
            "layout": _one_of("wide", "full-width", "center", "align-end", "align-start", "default"),
            "width": _NUMBER,
            "localId": Attr(min_length=1),
        },
        needs="content",
        at_least=1,
    ),
    "tableRow": _node(_bare("tableCell", "tableHeader"), needs="content", at_least=1),
    "tableCell": _node(_IN_CELL, _CELL, needs="content", at_least=1),
    "tableHeader": _node(_IN_CELL, _CELL, needs="content", at_least=1),
    # media
    "mediaSingle": _node(
        {"media": _MEDIA, "caption": _NO_MARKS},
        {"layout": _one_of(*_LAYOUTS, required=True), "width": _WIDTH_PERCENT, "widthType": _one_of("percentage")}
        | _LOCAL_ID,
        {
            "layout": _one_of(*_LAYOUTS, required=True),
            "width": Attr(Kind.NUMBER, required=True, minimum=0),
            "widthType": _one_of("pixel", required=True),
        }
        | _LOCAL_ID,
        needs="content",
        at_least=1,
        at_most=2,
        order=("media", "caption"),
    ),
    "mediaGroup": _node({"media": _MEDIA}, {}, needs="content", at_least=1),
    "media": _node(
        None,
        {"type": _one_of("external", required=True), "url": _REQUIRED, "alt": _STRING}
        | {"width": _NUMBER, "height": _NUMBER}
        | _LOCAL_ID,
        {"type": _one_of("link", "file", required=True), "id": _NAME, "collection": _REQUIRED, "alt": _STRING}
        | {"occurrenceKey": Attr(min_length=1), "width": _NUMBER, "height": _NUMBER}
        | _LOCAL_ID,
        needs="attrs",
    ),
    "mediaInline": _node(
        None,
        {"type": _one_of("link", "file", "image"), "id": _NAME, "collection": _REQUIRED, "alt": _STRING}
        | {"occurrenceKey": Attr(min_length=1), "width": _NUMBER, "height": _NUMBER, "data": _DATA}
        | _LOCAL_ID,
        needs="attrs",
    ),
    # leaves
    "rule": _node(),
    "text": _node(None, {}, needs="text"),
    "hardBreak": _node(None, {"text": _one_of("\n"), **_LOCAL_ID}),
    "mention": _node(
        None,
        {
            "id": _REQUIRED,
            "text": _STRING,
            "accessLevel": _STRING,
            "userType": _one_of("DEFAULT", "SPECIAL", "APP"),
            **_LOCAL_ID,
        },
        needs="attrs",
    ),
    "emoji": _node(None, {"shortName": _REQUIRED, "id": _STRING, "text": _STRING, **_LOCAL_ID}, needs="attrs"),
    "date": _node(None, {"timestamp": _NAME, **_LOCAL_ID}, needs="attrs"),
    "status": _node(
        None,
        {
            "text": _NAME,
            "color": Attr(required=True, pattern="neutral|purple|blue|red|yellow|green|#[0-9a-fA-F]{6}"),
            "style": _STRING,
            **_LOCAL_ID,
        },
        needs="attrs",
    ),
    "placeholder": _node(None, {"text": _REQUIRED, **_LOCAL_ID}, needs="attrs"),
    # cards
    "inlineCard": _node(
        None,
        {"url": _ADDRESS, **_LOCAL_ID},
        {"data": Attr(Kind.OBJECT, required=True), **_LOCAL_ID},
        needs="attrs",
    ),
    "blockCard": _node(
        None,
        {"url": _ADDRESS, **_LOCAL_ID},
        {"data": Attr(Kind.OBJECT, required=True), **_LOCAL_ID},
        {"datasource": Attr(Kind.DATASOURCE, required=True), "url": replace(_ADDRESS, required=False), "width": _NUMBER}
        | {"layout": _one_of(*_LAYOUTS)}
        | _LOCAL_ID,
        needs="attrs",
    ),
    "embedCard": _node(
        None,
        {"url": _ADDRESS, "layout": _one_of(*_LAYOUTS, required=True), "width": _WIDTH_PERCENT}
        | {"originalHeight": _NUMBER, "originalWidth": _NUMBER}
        | _LOCAL_ID,
        needs="attrs",
    ),
    # extensions: never made by our rules, but a host's rule may
    "extension": _node(None, _BLOCK_EXTENSION, needs="attrs"),
    "inlineExtension": _node(None, _EXTENSION, needs="attrs"),
    "bodiedExtension": _node(_IN_BODIED_EXTENSION, _BLOCK_EXTENSION, needs="attrs content", at_least=1),
    "syncBlock": _node(None, {"resourceId": _REQUIRED, "localId": _REQUIRED}, needs="attrs"),
    "bodiedSyncBlock": _node(
        _IN_SYNC_BLOCK, {"resourceId": _REQUIRED, "localId": _REQUIRED}, needs="attrs content", at_least=1
    ),
}

INLINES: Final = frozenset(_INLINE)
"""Types that stand in a line of text."""

BLOCKS: Final = frozenset(_IN_DOC) | {"nestedExpand"}
"""Types that stand among paragraphs somewhere."""

"""How each node and mark of a document is written in HTML, so that the converter reads it back as what it was."""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from jira_session_export._adf.tree import attributes, count, iso_date, items, mapping, marks_by_type, string
from jira_session_export._adf.urls import scheme_of

_Node = Mapping[str, Any]


class Markup(str):
    """HTML already written, among nodes still to be written."""

    __slots__ = ()


class Element(NamedTuple):
    """What stands before, in and after an element; the content is nodes, or `Markup`."""

    start: str
    content: Sequence[object]
    end: str


def _tag(name: str, **attrs: str | int | None) -> str:
    """A start tag; attributes that are None stay away, `_` in their names stands for `-`."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attrs.items()
        if value is not None
    )
    return f"<{name}{written}>"


def _given(attrs: _Node, name: str) -> str | None:
    """The attribute's text; None when absent or empty."""
    return string(attrs.get(name)) or None


# --- links and colours


_SAFE_SCHEMES = frozenset(
    {"http", "https", "mailto", "tel", "ftp", "ftps", "sftp", "ssh", "git", "xmpp", "sip", "sips"}
)
_IMAGE_SCHEMES = frozenset({"http", "https"})
_HEX_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_COLOUR = re.compile(r"#[0-9a-f]{3,8}|[a-z]{1,30}", re.IGNORECASE | re.ASCII)


def _safe_url(value: object, schemes: frozenset[str]) -> str | None:
    """The address when it is relative or of one of the schemes."""
    url = string(value)
    scheme = scheme_of(url)
    return url if url and (not scheme or scheme in schemes) else None


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    text = string(value)
    return text if pattern.fullmatch(text) else None


# --- marks, outermost first


def _link(attrs: _Node) -> tuple[str, str]:
    href = _safe_url(attrs.get("href"), _SAFE_SCHEMES)
    return (_tag("a", href=href, title=_given(attrs, "title"), rel="noopener noreferrer"), "</a>") if href else ("", "")


def _text_colour(attrs: _Node) -> tuple[str, str]:
    colour = _matching(_HEX_COLOUR, attrs.get("color"))
    return (_tag("font", color=colour), "</font>") if colour else ("", "")


def _background_colour(attrs: _Node) -> tuple[str, str]:
    colour = _matching(_HEX_COLOUR, attrs.get("color"))
    return (_tag("mark", data_color=colour), "</mark>") if colour else ("", "")


def _subsup(attrs: _Node) -> tuple[str, str]:
    return ("<sup>", "</sup>") if attrs.get("type") == "sup" else ("<sub>", "</sub>")


def _plain(name: str) -> Callable[[_Node], tuple[str, str]]:
    tags = (f"<{name}>", f"</{name}>")
    return lambda _: tags


_MARKS: dict[str, Callable[[_Node], tuple[str, str]]] = {
    "link": _link,
    "textColor": _text_colour,
    "backgroundColor": _background_colour,
    "strong": _plain("strong"),
    "em": _plain("em"),
    "underline": _plain("u"),
    "strike": _plain("s"),
    "subsup": _subsup,
    "code": _plain("code"),
}


def _marked(node: _Node, html: str) -> str:
    marks = marks_by_type(node)
    for name in reversed(_MARKS):
        if name in marks:
            start, end = _MARKS[name](marks[name])
            html = f"{start}{html}{end}"
    return html


# --- inline nodes


def _leaf(html: str, node: _Node) -> Element:
    """A node that shows `html`; what a broken document put into it follows."""
    return Element(_marked(node, html), items(node.get("content")), "")


def _text(node: _Node) -> Element:
    text = string(node.get("text"))
    shown = escape(text, quote=False)
    if ("  " in text or "\t" in text) and "\n" not in text:
        shown = (
            f'<span style="white-space: pre-wrap">{shown}</span>'  # Told to whoever reads it without the style sheet.
        )
    return _leaf(shown, node)


def _hard_break(node: _Node) -> Element:
    return _leaf("<br>", node)


def _mention(node: _Node) -> Element:
    attrs = attributes(node)
    name = string(attrs.get("text")) or f"@{string(attrs.get('id'))}"
    start = _tag(
        "span",
        class_="adf-mention",
        data_type="mention",
        data_mention_id=string(attrs.get("id")),
        data_access_level=_given(attrs, "accessLevel"),
        data_user_type=_given(attrs, "userType"),
    )
    return _leaf(f"{start}{escape(name)}</span>", node)


def _emoji(node: _Node) -> Element:
    attrs = attributes(node)
    name = string(attrs.get("shortName"))
    start = _tag(
        "span",
        class_="adf-emoji",
        data_emoji_short_name=name,
        data_emoji_id=_given(attrs, "id"),
        data_emoji_text=_given(attrs, "text"),
    )
    return _leaf(f"{start}{escape(string(attrs.get('text')) or name)}</span>", node)


def _date(node: _Node) -> Element:
    timestamp = attributes(node).get("timestamp")
    day = iso_date(timestamp)
    start = _tag("time", class_="adf-date", datetime=day, data_timestamp=string(timestamp))
    return _leaf(f"{start}{escape(day or string(timestamp))}</time>", node)


def _status(node: _Node) -> Element:
    attrs = attributes(node)
    start = _tag(
        "span",
        class_="adf-status",
        data_node_type="status",
        data_color=_given(attrs, "color"),
        data_style=_given(attrs, "style"),
    )
    return _leaf(f"{start}{escape(string(attrs.get('text')))}</span>", node)


def _placeholder(node: _Node) -> Element:
    return _leaf(f'<span class="adf-placeholder">{escape(string(attributes(node).get("text")))}</span>', node)


def _card(kind: str, wrapper: str | None = None) -> Callable[[_Node], Element]:
    def render(node: _Node) -> Element:
        attrs = attributes(node)
        url = string(attrs.get("url")) or string(mapping(attrs.get("data")).get("url"))
        href = _safe_url(url, _SAFE_SCHEMES)
        name = "a" if href else "span"
        start = _tag(name, class_="adf-card", href=href, data_card=kind, rel="noopener noreferrer" if href else None)
        html = f"{start}{escape(url)}</{name}>"
        return _leaf(f"<{wrapper}>{html}</{wrapper}>" if wrapper else html, node)

    return render


def _media_inline(node: _Node) -> Element:
    return _leaf(_file(attributes(node)), node)


def _inline_extension(node: _Node) -> Element:
    return _leaf(_extension_label("span", attributes(node)), node)


# --- blocks


def _blocks(name: str) -> Callable[[_Node], Element]:
    return lambda node: Element(f"<{name}>", items(node.get("content")), f"</{name}>")


def _doc(node: _Node) -> Element:
    return Element('<div class="adf">', items(node.get("content")), "</div>")


def _placed(name: str, node: _Node) -> Element:
    """A paragraph or heading with its alignment, indentation and size."""
    marks = marks_by_type(node)
    align = {"center": "center", "end": "right"}.get(string(marks.get("alignment", {}).get("align")))
    indent = count(marks.get("indentation", {}).get("level"), at_most=6)
    classes = [f"adf-indent-{indent}"] if indent else []
    if "fontSize" in marks:
        classes.append("adf-small")
    start = _tag(name, class_=" ".join(classes) or None, align=align, data_indent=indent)
    return Element(start, items(node.get("content")), f"</{name}>")


def _paragraph(node: _Node) -> Element:
    """A paragraph; an empty one takes a line, as in Jira, for which a browser needs a break in it."""
    placed = _placed("p", node)
    return placed if placed.content else placed._replace(end="<br></p>")


def _heading(node: _Node) -> Element:
    return _placed(f"h{count(attributes(node).get('level'), at_most=6) or 6}", node)


def _ordered_list(node: _Node) -> Element:
    order = attributes(node).get("order")
    start = 0 if order == 0 else count(order, at_most=2**31 - 1)
    return Element(_tag("ol", start=None if start == 1 else start), items(node.get("content")), "</ol>")


def _code_block(node: _Node) -> Element:
    language = _given(attributes(node), "language")
    start = _tag("code", class_=f"language-{language}" if language else None, data_language=language)
    return Element(f"<pre>{start}", items(node.get("content")), "\n</code></pre>")


def _rule(node: _Node) -> Element:
    return Element("<hr>", items(node.get("content")), "")


def _panel(node: _Node) -> Element:
    attrs = attributes(node)
    start = _tag(
        "div",
        class_="adf-panel",
        data_panel_type=string(attrs.get("panelType")),
        data_panel_icon=_given(attrs, "panelIcon"),
        data_panel_icon_id=_given(attrs, "panelIconId"),
        data_panel_icon_text=_given(attrs, "panelIconText"),
        data_panel_color=_matching(_COLOUR, attrs.get("panelColor")),
    )
    return Element(start, items(node.get("content")), "</div>")


def _expand(node: _Node) -> Element:
    title = escape(string(attributes(node).get("title")))
    return Element(f"<details><summary>{title}</summary>", items(node.get("content")), "</details>")


def _task_list(node: _Node) -> Element:
    """Nested lists go into the item before them, where HTML wants them."""
    content: list[object] = []
    open_item = False
    for child in items(node.get("content")):
        nested = mapping(child).get("type") == "taskList"
        if open_item and not nested:
            content.append(Markup("</li>"))
        open_item = (open_item and nested) or mapping(child).get("type") in {"taskItem", "blockTaskItem"}
        content.append(child)
    if open_item:
        content.append(Markup("</li>"))
    return Element('<ul data-type="taskList">', content, "</ul>")


def _task_item(node: _Node) -> Element:
    """Left open for the lists nested below it; `_task_list` closes it."""
    done = attributes(node).get("state") == "DONE"
    start = _tag("li", data_type="taskItem", data_checked="true" if done else "false")
    box = (
        '<label><input type="checkbox" disabled checked></label>'
        if done
        else '<label><input type="checkbox" disabled></label>'
    )
    return Element(f"{start}{box}<div>", items(node.get("content")), "</div>")


def _decision_list(node: _Node) -> Element:
    return Element('<ul data-type="decisionList">', items(node.get("content")), "</ul>")


def _decision_item(node: _Node) -> Element:
    start = _tag("li", data_type="decisionItem", data_state=_given(attributes(node), "state"))
    return Element(start, items(node.get("content")), "</li>")


def _cell(name: str) -> Callable[[_Node], Element]:
    def render(node: _Node) -> Element:
        attrs = attributes(node)
        widths = [string(width) for width in items(attrs.get("colwidth")) if string(width)]
        colspan, rowspan = (count(attrs.get(span), at_most=1000) for span in ("colspan", "rowspan"))
        start = _tag(
            name,
            colspan=colspan if colspan != 1 else None,
            rowspan=rowspan if rowspan != 1 else None,
            bgcolor=_matching(_COLOUR, attrs.get("background")),
            data_colwidth=",".join(widths) or None,
            valign=_given(attrs, "valign"),
        )
        return Element(start, items(node.get("content")), f"</{name}>")

    return render


def _table(node: _Node) -> Element:
    attrs = attributes(node)
    start = _tag(
        "table",
        data_layout=_given(attrs, "layout"),
        data_width=_given(attrs, "width"),
        data_display_mode=_given(attrs, "displayMode"),
        data_number_column="true" if attrs.get("isNumberColumnEnabled") is True else None,
    )
    return Element(f"{start}<tbody>", items(node.get("content")), "</tbody></table>")


def _media_single(node: _Node) -> Element:
    attrs = attributes(node)
    start = _tag(
        "figure",
        class_="adf-media",
        data_layout=_given(attrs, "layout"),
        data_width=_given(attrs, "width"),
        data_width_type=_given(attrs, "widthType"),
    )
    return Element(start, items(node.get("content")), "</figure>")


def _media_group(node: _Node) -> Element:
    return Element('<div class="adf-media-group">', items(node.get("content")), "</div>")


def _media(node: _Node) -> Element:
    attrs = attributes(node)
    source = _safe_url(attrs.get("url"), _IMAGE_SCHEMES)
    if source is None:
        return _leaf(_file(attrs), node)
    image = _tag(
        "img",
        src=source,
        alt=string(attrs.get("alt")),
        width=count(attrs.get("width"), at_most=100_000),
        height=count(attrs.get("height"), at_most=100_000),
    )
    return _leaf(image, node)


def _file(attrs: _Node) -> str:
    """The place of a file that lies in Jira, or of an image no preview may load."""
    name = string(attrs.get("alt")) or string(attrs.get("id")) or "file"
    start = _tag(
        "span", class_="adf-file", data_media_id=_given(attrs, "id"), data_media_collection=_given(attrs, "collection")
    )
    return f"{start}{escape(name)}</span>"


def _extension(node: _Node) -> Element:
    return Element(_extension_label("div", attributes(node)), items(node.get("content")), "")


def _extension_label(name: str, attrs: _Node) -> str:
    start = _tag(name, class_="adf-extension", data_extension_key=_given(attrs, "extensionKey"))
    return f"{start}{escape(string(attrs.get('text')) or string(attrs.get('extensionKey')))}</{name}>"


def _layout_section(node: _Node) -> Element:
    return Element('<div class="adf-layout" data-layout-section="true">', items(node.get("content")), "</div>")


def _layout_column(node: _Node) -> Element:
    start = _tag("div", data_layout_column="true", data_column_width=_given(attributes(node), "width"))
    return Element(start, items(node.get("content")), "</div>")


def _unknown(node: _Node) -> Element:
    """A node this version does not know shows its text and what it contains."""
    label = string(node.get("text")) or string(attributes(node).get("text"))
    return Element(escape(label), items(node.get("content")), "")


_RENDERERS: Mapping[str, Callable[[_Node], Element]] = {
    "blockCard": _card("block", "p"),
    "blockTaskItem": _task_item,
    "blockquote": _blocks("blockquote"),
    "bodiedExtension": _extension,
    "bulletList": _blocks("ul"),
    "caption": _blocks("figcaption"),
    "codeBlock": _code_block,
    "date": _date,
    "decisionItem": _decision_item,
    "decisionList": _decision_list,
    "doc": _doc,
    "embedCard": _card("embed", "p"),
    "emoji": _emoji,
    "expand": _expand,
    "extension": _extension,
    "hardBreak": _hard_break,
    "heading": _heading,
    "inlineCard": _card("inline"),
    "inlineExtension": _inline_extension,
    "layoutColumn": _layout_column,
    "layoutSection": _layout_section,
    "listItem": _blocks("li"),
    "media": _media,
    "mediaGroup": _media_group,
    "mediaInline": _media_inline,
    "mediaSingle": _media_single,
    "mention": _mention,
    "nestedExpand": _expand,
    "orderedList": _ordered_list,
    "panel": _panel,
    "paragraph": _paragraph,
    "placeholder": _placeholder,
    "rule": _rule,
    "status": _status,
    "table": _table,
    "tableCell": _cell("td"),
    "tableHeader": _cell("th"),
    "tableRow": _blocks("tr"),
    "taskItem": _task_item,
    "taskList": _task_list,
    "text": _text,
}

_PARENTS: Mapping[str, frozenset[str]] = {
    "blockTaskItem": frozenset({"taskList"}),
    "decisionItem": frozenset({"decisionList"}),
    "listItem": frozenset({"bulletList", "orderedList"}),
    "tableCell": frozenset({"tableRow"}),
    "tableHeader": frozenset({"tableRow"}),
    "tableRow": frozenset({"table"}),
    "taskItem": frozenset({"taskList"}),
}
"""Types whose tags make a browser close what is open: elsewhere they could end elements of the page around them."""


def element(value: object, parent: str) -> Element:
    """How a value is written that stands in the content of a `parent`."""
    if not isinstance(value, dict):
        return Element(escape(string(value)), items(value), "")
    kind = string(value.get("type"))
    if kind in _PARENTS and parent not in _PARENTS[kind]:
        return Element("<div>", items(value.get("content")), "</div>")
    return _RENDERERS.get(kind, _unknown)(value)

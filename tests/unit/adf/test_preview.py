import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.adf.test_rendering import P, inside, text

from jira_session_export._adf.preview import PREVIEW_STYLESHEET, adf_to_html
from jira_session_export._adf.schema import MARKS, NODES

PROBES = Path(__file__).parents[2] / "conformance" / "adf" / "probes.jsonl"

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from([*NODES, *MARKS]),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "attrs", "content", "marks", "text", "url", "href"]), children, max_size=5
        )
    ),
    max_leaves=20,
)
HOSTILE_TEXT = st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "javascript:alert(1)",
        "</div></div>",
        "\0\ud800",
        "&lt;",
        "'",
    ]
)
NODES_MADE_UP = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(sorted(NODES)), "text": HOSTILE_TEXT}),
    lambda children: st.fixed_dictionaries(
        {"type": st.sampled_from(sorted(NODES))},
        optional={
            "content": st.lists(children, max_size=5),
            "attrs": st.dictionaries(
                st.sampled_from(sorted({name for node in NODES.values() for shape in node.attrs for name in shape})),
                HOSTILE_TEXT | JSON,
                max_size=4,
            ),
            "marks": st.lists(
                st.fixed_dictionaries(
                    {
                        "type": st.sampled_from(sorted(MARKS)),
                        "attrs": st.dictionaries(st.sampled_from(["href", "color"]), HOSTILE_TEXT),
                    }
                ),
                max_size=2,
            ),
            "text": HOSTILE_TEXT,
        },
    ),
    max_leaves=15,
)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@given(st.lists(NODES_MADE_UP, max_size=4) | JSON)
def test_needs_no_script_and_no_inline_style(content: Any) -> None:
    html = adf_to_html({"type": "doc", "content": content})
    html.encode()
    tags = Tags()
    tags.feed(html)
    for tag, attrs in tags.seen:
        assert tag not in {"script", "style", "iframe", "object", "embed", "form", "base", "meta", "link", "svg"}
        assert not [name for name in attrs if name.startswith("on") or name == "style"]
        for name in ("href", "src"):
            assert not re.match(r"\s*(javascript|data|vbscript):", attrs.get(name) or "", re.IGNORECASE)


@given(st.lists(NODES_MADE_UP, max_size=4))
def test_stays_inside_the_element_it_is_put_into(content: Any) -> None:
    page = f"<main>{adf_to_html({'type': 'doc', 'content': content})}<footer></footer></main>"
    footer = BeautifulSoup(page, "html.parser").footer
    assert footer is not None
    assert footer.parent is not None
    assert footer.parent.name == "main"
    # html.parser repairs little, so the tags are balanced in the source itself.
    assert page.count("<div") == page.count("</div>")


@given(JSON)
def test_any_value_gives_html(value: Any) -> None:
    adf_to_html(value).encode()


@pytest.mark.parametrize(
    "line", PROBES.read_text(encoding="utf-8").splitlines(), ids=lambda line: json.loads(line)["name"]
)
def test_any_probe_gives_html(line: str) -> None:
    adf_to_html(json.loads(line)["document"]).encode()


@pytest.mark.parametrize("kind", ["bulletList", "table", "panel", "paragraph", "unheard"])
def test_nesting_costs_no_stack(kind: str) -> None:
    deep: dict[str, Any] = text("deep")
    for _ in range(20_000):
        deep = {"type": kind, "content": [deep]}
    assert "deep" in inside(deep)


def test_a_page_allows_nothing_but_its_own_stylesheet() -> None:
    page = adf_to_html({"type": "doc", "content": [P]}, page=True)
    style = re.search("<style>(.*)</style>", page, re.DOTALL)
    assert style is not None
    assert style[1] == PREVIEW_STYLESHEET
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; img-src http: https:; style-src 'sha256-{digest}'" in page
    assert '<div class="adf"><p>a</p></div>' in page


def test_the_stylesheet_touches_nothing_outside() -> None:
    rules = re.sub(r"\{[^}]*\}", "\n", PREVIEW_STYLESHEET)
    for selector in filter(None, (part.strip() for part in re.split(r"[,\n]", rules))):
        assert re.match(r"(\[data-color-mode=dark\] )?\.adf\b", selector), selector

"""Ticket bodies as people and editors write them, made to size, the same for the same seed."""

from random import Random

_SUBJECTS = [
    "The importer",
    "A customer in Oslo",
    "The nightly job",
    "Our checkout page",
    "The mobile client",
    "Search",
    "The audit log",
]
_VERBS = ["drops", "shows", "repeats", "cannot find", "rounds", "refuses", "forgets", "delays", "overwrites"]
_OBJECTS = [
    "the last row of the invoice",
    "prices without tax",
    "orders older than ninety days",
    "the chosen language",
    "names with an accent, such as Zoë",
    "the second address",
    "attachments above 10&nbsp;MB",
    "every retry after a timeout",
]
_ENDINGS = [
    "since the last release.",
    "when two people edit at once.",
    "on Mondays only.",
    "and nobody is told.",
    "as agreed.",
]
_STYLES = (
    "<strong>{}</strong>", "<em>{}</em>", "<code>{}</code>", "<u>{}</u>", "<s>{}</s>",
    '<a href="https://wiki.example.org/pages/4711?focus=1">{}</a>', '<span style="color: #bf2600">{}</span>',
)  # fmt: skip


def ticket_body(size: int, seed: int = 0) -> str:
    """At least `size` characters of HTML: headings, marked text, lists, tables, tasks, code, panels, images."""
    chance = Random(seed)
    parts: list[str] = []
    length = 0
    while length < size:
        part = chance.choices(_BLOCKS, _WEIGHTS)[0](chance)
        parts.append(part)
        length += len(part)
    return "\n".join(parts)


def _sentence(chance: Random) -> str:
    words = " ".join(chance.choice(words) for words in (_SUBJECTS, _VERBS, _OBJECTS, _ENDINGS))
    if chance.random() < 0.45:
        shown = chance.choice(_OBJECTS)
        words = words.replace(".", " ", 1) + chance.choice(_STYLES).format(shown) + "."
    return words


def _text(chance: Random, most: int = 4) -> str:
    return " ".join(_sentence(chance) for _ in range(chance.randint(1, most)))


def _heading(chance: Random) -> str:
    level = chance.choice((2, 2, 3))
    return f"<h{level}>{chance.choice(_SUBJECTS)} {chance.choice(_VERBS)} things</h{level}>"


def _paragraph(chance: Random) -> str:
    return f"<p>{_text(chance)}</p>"


def _bullets(chance: Random) -> str:
    name = chance.choice(("ul", "ul", "ol"))
    items = [f"  <li>{_sentence(chance)}</li>" for _ in range(chance.randint(3, 7))]
    items.insert(1, f"  <li>{_sentence(chance)}<ul><li>{_sentence(chance)}</li><li>{_sentence(chance)}</li></ul></li>")
    return f"<{name}>\n" + "\n".join(items) + f"\n</{name}>"


def _tasks(chance: Random) -> str:
    items = "".join(
        f'<li data-type="taskItem" data-checked="{chance.choice(("true", "false"))}"><label><input type="checkbox">'
        f"<span></span></label><div><p>{_sentence(chance)}</p></div></li>"
        for _ in range(chance.randint(2, 5))
    )
    return f'<ul data-type="taskList">{items}</ul>'


def _table(chance: Random) -> str:
    columns = chance.randint(3, 5)
    head = "".join(f"<th>{chance.choice(_SUBJECTS)}</th>" for _ in range(columns))
    rows = "\n".join(
        "<tr>" + "".join(f"<td><p>{chance.choice(_OBJECTS)}</p></td>" for _ in range(columns)) + "</tr>"
        for _ in range(chance.randint(3, 8))
    )
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"


def _code(chance: Random) -> str:
    lines = "\n".join(f"    retry(order_{chance.randint(1, 999)}, attempts={n})" for n in range(chance.randint(2, 9)))
    return f'<pre><code class="language-python">def main():\n{lines}\n</code></pre>'


def _panel(chance: Random) -> str:
    return f'<div class="alert alert-{chance.choice(("info", "warning"))}"><p>{_text(chance, 2)}</p></div>'


def _quote(chance: Random) -> str:
    return f"<blockquote><p>{_text(chance, 2)}</p></blockquote>"


def _image(chance: Random) -> str:
    source = f"https://img.example.org/{chance.randint(1, 99)}.png"
    return f'<p><img src="{source}" alt="{chance.choice(_SUBJECTS)}" width="640"></p>'


def _mention(chance: Random) -> str:
    return (
        f'<p>{_sentence(chance)} <span data-type="mention" data-id="5b10a2844c20165700ede21g">@Mia Krystof</span></p>'
    )


_BLOCKS = (_paragraph, _heading, _bullets, _tasks, _table, _code, _panel, _quote, _image, _mention)
_WEIGHTS = (9, 3, 4, 1, 1.5, 1, 1, 1, 0.7, 1)


# --- the same in Markdown

_MARKS = ("**{}**", "*{}*", "`{}`", "~~{}~~", "[{}](https://wiki.example.org/pages/4711?focus=1)", "***{}***")


def markdown_body(size: int, seed: int = 0) -> str:
    """At least `size` characters of Markdown: what `ticket_body` has, as far as GitHub's Markdown has it."""
    chance = Random(seed)
    parts: list[str] = []
    length = 0
    while length < size:
        part = chance.choices(_MARKDOWN_BLOCKS, _MARKDOWN_WEIGHTS)[0](chance)
        parts.append(part)
        length += len(part)
    return "\n\n".join(parts) + "\n"


def _md_sentence(chance: Random) -> str:
    words = " ".join(chance.choice(words) for words in (_SUBJECTS, _VERBS, _OBJECTS, _ENDINGS))
    if chance.random() < 0.45:
        words = words.replace(".", " ", 1) + chance.choice(_MARKS).format(chance.choice(_OBJECTS)) + "."
    return words


def _md_text(chance: Random, most: int = 4) -> str:
    return " ".join(_md_sentence(chance) for _ in range(chance.randint(1, most)))


def _md_heading(chance: Random) -> str:
    return f"{chance.choice(('##', '##', '###'))} {chance.choice(_SUBJECTS)} {chance.choice(_VERBS)} things"


def _md_bullets(chance: Random) -> str:
    marker = chance.choice(("-", "-", "1."))
    items = [f"{marker} {_md_sentence(chance)}" for _ in range(chance.randint(3, 7))]
    indent = " " * (len(marker) + 1)
    items.insert(
        1, f"{marker} {_md_sentence(chance)}\n{indent}- {_md_sentence(chance)}\n{indent}- {_md_sentence(chance)}"
    )
    return "\n".join(items)


def _md_tasks(chance: Random) -> str:
    return "\n".join(f"- [{chance.choice((' ', 'x'))}] {_md_sentence(chance)}" for _ in range(chance.randint(2, 5)))


def _md_table(chance: Random) -> str:
    columns = chance.randint(3, 5)
    rows = [[chance.choice(_SUBJECTS) for _ in range(columns)], ["---"] * columns]
    rows += [[chance.choice(_OBJECTS) for _ in range(columns)] for _ in range(chance.randint(3, 8))]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _md_code(chance: Random) -> str:
    lines = "\n".join(f"    retry(order_{chance.randint(1, 999)}, attempts={n})" for n in range(chance.randint(2, 9)))
    return f"```python\ndef main():\n{lines}\n```"


def _md_panel(chance: Random) -> str:
    return f"> [!{chance.choice(('NOTE', 'WARNING'))}]\n> {_md_text(chance, 2)}"


def _md_quote(chance: Random) -> str:
    return f"> {_md_text(chance, 2)}"


def _md_image(chance: Random) -> str:
    return f"![{chance.choice(_SUBJECTS)}](https://img.example.org/{chance.randint(1, 99)}.png)"


_MARKDOWN_BLOCKS = (_md_text, _md_heading, _md_bullets, _md_tasks, _md_table, _md_code, _md_panel, _md_quote, _md_image)
_MARKDOWN_WEIGHTS = (9, 3, 4, 1, 1.5, 1, 1, 1, 0.7)


MARKDOWN_SAMPLES = [
    "# a\n\nb **c** *d* `e` ~~f~~ [g](https://a.example/h)",
    "a  \nb\\\nc",
    "- a\n  - b\n    - c\n- d",
    "1. a\n2. b\n   1. c",
    "3. a\n4. b",
    "- a\n\n  b\n- c",
    "- # a\n- b",
    "- > a\n- b",
    "- ```py\n  a\n  ```",
    "> a\n>\n> # b\n>\n> - c",
    "> > a",
    "> |a|\n> |-|\n> |b|",
    "- |a|\n  |-|\n  |b|",
    "|a|b|\n|-|:-:|\n|c|d **e**|",
    "|a|b|\n|-|-|\n|c|d|e|",
    "|a|\n|-|\n|`b`<br>c|",
    "- [ ] a\n- [x] b",
    "- [x] a\n- b",
    "- [ ] a\n  - [x] b\n  - c",
    "> [!NOTE]\n> a",
    "- > [!TIP]\n  > a",
    "```\na\n```",
    "    a",
    "***",
    "![a](https://a.example/b.png)",
    "a ![b](https://a.example/c.png) d",
    "[![a](https://a.example/b.png)](https://a.example)",
    "**`a`** [`b`](https://a.example)",
    "[a](javascript:b)",
    "[a](b.html)",
    "<https://a.example> www.a.example",
    "<b>a</b> <u>b</u> H<sub>2</sub>O",
    "<details><summary>a</summary>\n\nb\n\n</details>",
    "<table><tr><td>a</td></tr></table>",
    "a <br> b",
    "List<String>",
    "<style> tag is missing\n\nb",
    "a[^1]\n\n[^1]: b",
    "&copy; &lt;b&gt; \\*c\\*",
    "a\n===\n\nb\n---",
    "[a]\n\n[a]: https://a.example",
    "$a_1 * b_1$ c*",
    "",
    "# ",
]
"""What people write in tickets, short: whether it becomes a valid document, and how much of its text is left."""

HTML_SAMPLES = [
    "<h1>a</h1><p>b <strong>c</strong> <em>d</em> <code>e</code> <a href='https://a.example'>f</a></p>",
    "<p>a<br>b</p>",
    "a",
    "<div>a<div>b</div></div>",
    "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
    "<ol start=3><li>a</li></ol>",
    "<ul><li><h2>a</h2></li></ul>",
    "<ul><li><blockquote>a</blockquote></li></ul>",
    "<ul><li><table><tr><td>a</td></tr></table></li></ul>",
    "<blockquote><h1>a</h1><table><tr><td>b</td></tr></table></blockquote>",
    "<ul><li><p>a</p><p>b</p></li></ul>",
    "<table><tr><th>a</th></tr><tr><td>b</td></tr></table>",
    "<table><tr><td colspan=2>a</td></tr><tr><td>b</td><td>c</td></tr></table>",
    "<table><tr><td><ul><li>a</li></ul></td></tr></table>",
    "<table><caption>a</caption><tr><td><table><tr><td>b</td></tr></table></td></tr></table>",
    "<pre><code class='language-py'>a\nb</code></pre>",
    "<pre>a <b>b</b></pre>",
    "<p><img src='https://a.example/b.png' alt='c'></p>",
    "<p>a <img src='https://a.example/b.png'> c</p>",
    "<ul><li><input type=checkbox checked> a</li></ul>",
    "<div class='panel'><p>a</p></div>",
    "<details><summary>a</summary><p>b</p></details>",
    "<hr>",
    "<p><u>a</u> <s>b</s> H<sub>2</sub>O</p>",
    "<p style='text-align:center'>a <span style='color:#f00'>b</span></p>",
    "<a href='javascript:a'>b</a>",
    "<script>a</script><p>b</p>",
    "<p>a</p>b<p>c</p>",
    "<dl><dt>a</dt><dd>b</dd></dl>",
    "<b>a<p>b</p></b>",
    "<li>a</li>",
    "<td>a</td>",
    "<p></p>",
    "",
    "<p>&lt;b&gt; &copy;</p>",
]
"""The same in HTML."""

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

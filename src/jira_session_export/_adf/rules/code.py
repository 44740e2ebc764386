"""Blocks of code, as editors, highlighters and trackers write them, and what language they are in."""

import re
from typing import Any, Final

from jira_session_export._adf.builder import DONE, CodeFrame
from jira_session_export._adf.element import Element
from jira_session_export._adf.mail_words import is_plain_mail
from jira_session_export._adf.memory import remembering
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import SKIP, SKIP_SILENTLY, Outcome, Rule

_NAME: Final = r"([\w+#.-]+)"
# `language-x`, `lang-x`, `highlight-source-x`, `brush: x`, `src-x`, `lang:x`; in the class of any element.
_LANGUAGE_CLASS: Final = re.compile(
    rf"(?:(?:language|lang|highlight-source|highlight-text|brush:)[-:]?\s*|(?<!\S)src-){_NAME}", re.IGNORECASE
)
# Sphinx; elsewhere such a class says how something is marked.
_SPHINX: Final = re.compile(rf"(?<!\S)highlight-{_NAME}(?!\S)", re.IGNORECASE)
# Elsewhere such a class says what the element is for: `code-block`, `code-toolbar`.
_CODE_MACRO_CLASS: Final = re.compile(rf"(?<!\S)code-{_NAME}", re.IGNORECASE)
_FRAME_CLASS: Final = re.compile(r"(?<!\S)(?:language|highlight)-\w", re.IGNORECASE)
_NO_LANGUAGE: Final = frozenset({
    "", "none", "plain", "auto", "default", "nohighlight", "no-highlight", "notranslate", "numberlines", "linenums",
    "hljs", "undefined", "null", "autodetect", "source", "highlight", "wrap", "block", "example", "xl", "toolbar",
})  # fmt: skip
# What highlighters write as a bare word in a class: `hljs python`, `sourceCode python numberLines`.
_LANGUAGE_WORDS: Final = """
abap actionscript ada apache applescript arduino asciidoc asm aspnet autohotkey awk bash basic bat batch bibtex c c#
c++ clojure cmake cobol coffeescript cpp cs csharp csp css csv cuda d dart delphi diff django dockerfile dos dotnet
elixir elm erb erlang excel f# fortran fsharp gherkin git glsl go golang gradle graphql groovy haml handlebars
haskell haxe hcl hlsl html http ini java javascript js json json5 jsonc jsp jsx julia kotlin kt kusto latex less
lisp lua makefile markdown matlab md mermaid mips mongodb mssql mysql nasm nginx nim nix objc objective-c objectivec
ocaml pascal perl pgsql php plsql postgres postgresql powershell prolog properties protobuf proto ps1 puppet py
python python3 qml r rb react regex rest robot rs rst ruby rust sas sass scala scheme scss sh shell smalltalk
solidity sparql sql swift tcl tex terraform tf toml ts tsql tsx twig typescript vala vb vb.net vba vbnet verilog
vhdl vim vue wasm xml xquery xslt yaml yml zig zsh
"""
_LANGUAGES: Final = frozenset(_LANGUAGE_WORDS.split())
_ATTRIBUTES: Final = (
    "data-language",
    "data-lang",
    "data-code-language",
    "data-code-lang",
    "data-code-snippet",
    "data-codeblock-language",
    "data-enlighter-language",
    "data-programming-language",
    "data-highlight-language",
    "data-syntax",
    "data-ke-language",
    "data-se-lang",
    "data-slate-lang",
)
_NAMING: Final = frozenset(_ATTRIBUTES)
_FRAMES: Final = frozenset({
    "highlight", "codehilite", "sourcecode", "code", "code-block", "codeblock", "highlighter-rouge", "code-toolbar",
    "code-wrapper", "code-snippet", "fr-code-snippet", "syntaxhighlighter", "src", "literal-block-wrapper", "listing",
    "code-block-wrapper", "toastui-editor-ww-code-block", "bn-block-content", "gatsby-highlight", "listingblock",
})  # fmt: skip
_OF_ANY_TEXT: Final = frozenset({"style", "id", "dir", "align"})
_LINES: Final = frozenset({"ql-code-block-container"})
_GUTTERS: Final = frozenset({
    "gutter", "linenos", "lineno", "linenodiv", "line-numbers-rows", "blob-num", "hljs-ln-numbers", "hljs-ln-n",
    "rouge-gutter", "crayon-nums", "code-line-numbers", "line-number", "ln", "lnt",
    "react-syntax-highlighter-line-number", "linenumber", "post-code__line-numbers",
})  # fmt: skip
_CHROME: Final = frozenset({
    "toolbar", "toolbar-item", "fr-code-header", "fr-code-lang", "code-header", "code-block-header", "code-lang",
    "code-language", "code-label", "lang", "copy", "code-toolbar-item", "copy-button", "copy-btn", "copybtn",
    "hljs-copy-button", "copy-code-button", "zeroclipboard-container", "code-copy", "clipboard-copy",
    "code-block-language", "code-buttons-container", "copy_codeblock",
})  # fmt: skip


def language_of(element: Element) -> str:
    """The programming language an element names in the usual ways; empty when it names none."""
    attrs = element.attrs
    if not _NAMING.isdisjoint(attrs):
        for name in _ATTRIBUTES:
            if name in attrs and (given := element.get(name).strip()):
                return _known(given)
    if "lang" in attrs and element.tag == "pre" and (given := element.get("lang").strip()):
        return _known(given)
    if "class" in attrs and (named := _language_in(element.get("class"))):
        return named
    return _language_in(element.get("data-syntaxhighlighter-params") or element.get("data-params"))


@remembering
def _language_in(written: str) -> str:
    for pattern in (_LANGUAGE_CLASS, _SPHINX):
        found = pattern.search(written)
        if found and (name := _known(found[1])):
            return name
    return next((word for word in written.split() if word.lower() in _LANGUAGES), "")


def _known(name: str) -> str:
    name = name.partition(":")[0].partition("{")[0].strip()
    return "" if name.lower() in _NO_LANGUAGE else name[:50]


def _code_block(element: Element, out: Output) -> Outcome:
    language = language_of(element)
    if not language and out.in_code_macro:
        found = _CODE_MACRO_CLASS.search(element.get("class"))
        language = _known(found[1]) if found else ""
    if out.parent_type == "codeBlock":
        # A block that holds the lines of another.
        if language:
            out.code_language(language)
        return out.code_line()
    closing = out.code_block(language)
    if isinstance(closing, CodeFrame) and _may_be_mail(element, out):

        def settle() -> None:
            text = "".join(child["text"] for child in closing.content)
            if not closing.told and not closing.node.get("attrs") and is_plain_mail(text):
                closing.node.clear()
                closing.node.update({"type": "paragraph", "content": _lines_of(text)})

        return (settle, closing)
    return closing


def _may_be_mail(element: Element, out: Output) -> bool:
    """Whether nothing but white space that is kept says that this is code."""
    if out.in_code_macro or out.in_code_frame or out.in_code_font or element.attrs.keys() - _OF_ANY_TEXT:
        return False
    families = element.style.get("font-family", "")
    return not families or ("mono" not in families and "courier" not in families)


def _lines_of(text: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n")):
        if number:
            content.append({"type": "hardBreak"})
        if line:
            content.append({"type": "text", "text": line})
    return content


def _code_macro(element: Element, out: Output) -> Outcome:
    """The frame that Jira and Confluence put around `{code}` and `{noformat}`; a title in it stands before the code."""
    words = element.classes
    if "panel" not in words or not words & {"code", "preformatted"}:
        return None
    before, out.in_code_macro = out.in_code_macro, True
    out.end_line()

    def restore() -> None:
        out.end_line()
        out.in_code_macro = before

    return restore


def _code_in_block(element: Element, out: Output) -> Outcome:
    """`<code>` inside `<pre>` often names the language."""
    if out.parent_type != "codeBlock":
        return None
    out.tell_code()
    if element.attrs and (language := language_of(element)):
        out.code_language(language)
        out.drop_code_label(language)
    return DONE


def _code_lines(element: Element, out: Output) -> Outcome:
    """An editor's block of code without a `<pre>`, one element for each line; the first line may name the language."""
    words = element.classes
    if words & _LINES:
        return out.code_block(language_of(element))
    if "ql-code-block" not in words or out.parent_type != "codeBlock":
        return None
    if language := language_of(element):
        out.code_language(language)
    return out.code_line()


def _chrome(element: Element, out: Output) -> Outcome:
    """Line numbers, the name of the language, buttons: around code they are the page's, not the author's."""
    if not out.in_code:
        return None
    if (
        element.tag in {"button", "select", "clipboard-copy"}
        or element.classes & (_GUTTERS | _CHROME)
        or element.get("role") == "button"
        or ("data-line-number" in element.attrs and "hljs-ln-code" not in element.classes)
    ):
        # An editor marks the menu of languages as its own; any other list to choose from may be the author's.
        return SKIP if element.tag == "select" and not _is_editors_menu(element) else SKIP_SILENTLY
    return None


def _is_editors_menu(element: Element) -> bool:
    return (
        bool(element.classes & (_CHROME | {"ql-ui"}))
        or "lang" in element.get("class").lower()
        or element.get("contenteditable").lower() == "false"
    )


def _code_frame(element: Element, out: Output) -> Outcome:
    """The frame that highlighters and editors put around `<pre>`, often with the language on it."""
    words = element.classes
    if not words & _FRAMES and not _FRAME_CLASS.search(element.get("class")) and not element.attrs.keys() & _NAMING:
        return None
    language = language_of(element)
    if "data-content-type" in element.attrs and element.get("data-content-type").lower() != "codeblock":
        return None
    before, framed, figure = out.language_hint, out.in_code_frame, out.in_code_figure
    out.language_hint, out.in_code_frame = language or before, True
    out.in_code_figure = figure or (element.tag == "figure" and "highlight" in words)
    out.end_line()

    def restore() -> None:
        out.end_line()
        out.language_hint, out.in_code_frame, out.in_code_figure = before, framed, figure

    return restore


_CHROME_WORDS: Final = re.compile(rf"(?<!\S)(?:{'|'.join(sorted(_GUTTERS | _CHROME))})(?!\S)")
_FRAME_WORDS: Final = re.compile(rf"(?<!\S)(?:{'|'.join(sorted(_FRAMES))})(?!\S)|(?<!\S)(?:language|highlight)-")

CODE_MACRO_RULES = (
    Rule("code-macro", _code_macro, frozenset({"div"}), frozenset({"class"}), mentions=re.compile(r"panel")),
)
"""Asked before the rules for panels: the frame is also called one."""

CODE_RULES = (
    Rule(
        "code-chrome",
        _chrome,
        frozenset({"div", "span", "td", "pre"}),
        frozenset({"class", "data-line-number", "type", "role"}),
        mentions=_CHROME_WORDS,
    ),
    Rule("code-button", _chrome, frozenset({"button", "clipboard-copy", "select"})),
    Rule("code-lines", _code_lines, frozenset({"div"}), frozenset({"class"}), mentions=re.compile(r"ql-code-block")),
    Rule(
        "code-frame",
        _code_frame,
        frozenset({"div", "figure"}),
        frozenset({"class", *_ATTRIBUTES}),
        mentions=_FRAME_WORDS,
    ),
    Rule("code-block", _code_block, frozenset({"pre", "listing"})),
    Rule("code-in-block", _code_in_block, frozenset({"code", "samp", "kbd", "tt"})),
)

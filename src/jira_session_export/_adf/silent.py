"""What of a source may be left out without a loss: presentation, the machinery of editors and pages, ornaments.

This is the written list: an attribute that is not here counts as content, so that what nobody has thought of is
reported, not dropped. `docs/explanation/what-is-lost-in-adf.md` says the same in words.
"""

import re
from typing import Final

# Attributes of HTML that say how something looks, how it behaves, or what it is called by scripts.
_GLOBAL: Final = """
abbr accept accept-charset accesskey action align alink allow allowfullscreen allowtransparency as async autocapitalize
autocomplete autocorrect autofocus autoplay axis background bgcolor border cellpadding cellspacing char charoff charset
checked class clear clipboard color cols colspan contenteditable controls coords crossorigin data-checked decoding
default defer dir disabled download draggable enctype enterkeyhint face fetchpriority for form frame frameborder
headers height hidden hreflang hspace id inert inputmode integrity is ismap itemid itemprop itemref itemscope itemtype
jsaction jscontroller jsmodel jsname jsslot kind lang language link list loading loop marginheight marginwidth max
maxlength media method min minlength multiple muted nonce noshade novalidate nowrap open part pattern ping playsinline
popover preload readonly referrerpolicy rel required rev reversed role rows rowspan rules sandbox scope scrolling
seamless selected shape size sizes slot span spellcheck srcset srclang start step style tabindex target translate
type unselectable usemap valign version vlink vspace width wrap xmlns
"""
SILENT_ATTRIBUTES: Final = frozenset(_GLOBAL.split())
_SILENT_EVERYWHERE: Final = frozenset(
    {"class", "contenteditable", "dir", "draggable", "hidden", "id", "is", "lang", "part", "role", "slot", "spellcheck",
     "style", "tabindex", "translate", "xmlns"}
)  # fmt: skip
"""These alone mean the same on an element of somebody's own."""

SILENT_PATTERN: Final = re.compile(
    # An editor's own attribute that holds what the element shows: a poll of Lexical's, a file of Trix's.
    r"(?!data-(?:lexical|trix|tiptap|slate|fr|mce|cke|ck|editor|pm|pasted)-(?:.*-)?"
    r"(?:attachment|question|options|json|title|label|content|value|caption|latex|description|p-src|realelement"
    r"|tweet-id|video-id|youtube)$)"
    r"(?!data-slate-(?:url|alt|tex-expression|date)$)"
    r"(?:on[a-z]+"
    r"|aria-.*"
    r"|ac:(?:name|schema-version|macro-id|local-id|type|layout|align|anchor|breakout-.*|original-.*|custom-.*)"
    r"|(?:ng|v|x|hx|jsx|wire|xml|xmlns|_ng.*)[-:].*|_ng.*|[@:#*(\[].*"
    # Frameworks and editors, by the first word of their attributes.
    r"|data-(?:v|mce|pm|slate|lexical|cke|ck|tiptap|sheets|react|reactroot|radix|headlessui|test|testid|cy|qa|gr|gramm"
    r"|grammarly|lt|ogs|ogsc|ogsb|ogab|ogac|outlook|olk|stringify|renderer|prosemirror|bs|toggle|ved|ccp|darkreader"
    r"|track|tracking|analytics|gtm|ga|auth|linkindex|saferedirecturl|contrast|fr|trix|medium|framer|turbo|stimulus"
    r"|controller|action|mso|w|placeholder|aui|hasbody|adf|start|end|is|has|can|should|hook|vars|media-vc"
    r"|diff|editor|sort|sorted|ol|ul|local|node|layout|pasted)(?:-.*)?"
    r"|data-(?:annotation|copy|paste|number)-.+"
    # What an attribute of any program says when its last word is this one.
    r"|data-(?:node|block|item|element|row|cell|line|comment|thread|user)id"
    r"|data-cell(?:width|height|padding\w*|border\w*|backgroundcolor|textalign|verticalalign)"
    r"|data-(?:.*[-_])?(?:id|ids|uid|uuid|guid|localid|objectid|clientid|key|keys|index|idx|pos|position|offset|hash"
    r"|token|nonce|slice|type|kind|nodetype|variant|state|level|depth|indent|row|rows|col|cols|column|columns|cell"
    r"|colwidth|colspan|rowspan|placeholder|theme|color|colour|background|bg|width|height|size|align|alignment|valign"
    r"|layout|style|styles|class|mode|marker|order|trigger|dismiss|event|ref|checked|done|selected|editable|draggable"
    r"|language|lang|collection|scale|aspectratio|ratio|zoom|font|family|wrapper|container|block|inline|widget|list|format))"
)
"""Attributes that say nothing to a reader, by the way they are named."""

_TAGS: Final = """
br wbr col colgroup base basefont bgsound button head html body link meta option optgroup param script select style
template textarea title track
svg g path rect circle ellipse line polyline polygon defs use symbol lineargradient radialgradient stop clippath mask
filter marker pattern tspan textpath desc metadata animate animatetransform foreignobject switch view
math mrow mi mn mo ms mspace mtext mfrac msqrt mroot mstyle msub msup msubsup munder mover munderover mtable mtr mtd
mpadded mphantom menclose merror mprescripts mmultiscripts semantics annotation annotation-xml
"""
SILENT_TAGS: Final = frozenset(_TAGS.split())
"""Elements that show nothing of their attributes, or are read with all that is in them by the rule for what they
belong to: parts of drawings, formulas and controls."""

SILENT_OF_TAG: Final = {
    "a": frozenset({"name"}),  # An anchor's name leads nowhere in Jira.
    "area": frozenset({"name"}),
    "form": frozenset({"name"}),
    "iframe": frozenset({"name", "srcdoc"}),
    "img": frozenset(
        {"name", "src", "alt", "data-src", "data-filename", "data-file-name", "data-name"}
    ),  # `Output.image` says what became of them.
    "input": frozenset({"name", "value", "placeholder", "alt", "src"}),
    "en-crypt": frozenset({"cipher", "length"}),
    "fieldset": frozenset({"name"}),
    "li": frozenset({"value"}),
    "map": frozenset({"name"}),
    "meter": frozenset({"value", "low", "high", "optimum"}),
    "object": frozenset({"name", "classid", "codebase", "codetype", "archive", "declare", "standby"}),
    "progress": frozenset({"value"}),
    "source": frozenset({"src", "srcset", "data-src", "data-srcset"}),  # The player that it stands in is reported.
    "time": frozenset({"datetime"}),
    "td": frozenset({"abbr", "axis"}),
    "th": frozenset({"abbr", "axis"}),
}
"""Attributes that are presentation, or seen to already, on one element only."""

_EMPTY_VALUES: Final = frozenset({"", "true", "false", "null", "undefined", "none", "{}", "[]", "0", "1", "on", "off"})
"""Values that are no content."""

_NO_CONTENT: Final = ("#", "mid:", "dc:")
"""How values begin that lead to a place in the same page, or name a mail or a field of Dublin Core."""

TOLD_BESIDE: Final = frozenset(
    {"title", "cite", "longdesc", "data-title", "data-original-title", "data-tooltip", "data-tip", "data-href",
     "data-url", "data-link", "data-caption", "data-footnote", "data-comment", "data-definition", "data-attachment",
     "data-note", "data-annotation", "data-description", "summary",
     "data-file-name", "data-filename", "data-attachment-name", "data-sheets-hyperlink"}
)  # fmt: skip
"""Attributes that say something more about an element which shows something by itself, too."""

_HTML_TAGS: Final = """
a abbr acronym address applet area article aside audio b bdi bdo big blink blockquote body canvas caption center cite
code data datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame
frameset g-emoji h1 h2 h3 h4 h5 h6 header hgroup hr i iframe image img input ins kbd keygen label legend li listing main
map mark marquee menu menuitem meter nav nobr noembed noframes noscript object ol output p picture plaintext portal pre
progress q rb rp rt rtc ruby s samp search section small source spacer span strike strong sub summary sup table tbody td
tfoot th thead time tr tt u ul var video xmp
"""
_HTML: Final = frozenset(_HTML_TAGS.split())
_ORNAMENT: Final = re.compile(
    r"[-_](?:button|icon|toolbar|menu|divider|separator|spacer|handle|cursor|caret|spinner|end)s?$"
)
"""Names of elements that somebody made for the looks or the handling of a page, or that end what another began."""

KNOWN_TAGS: Final = _HTML | SILENT_TAGS
"""Elements that are nobody's own."""

_NONE: Final[frozenset[str]] = frozenset()


def is_custom(tag: str) -> bool:
    """Whether this is an element of somebody's own: it shows what a script or a program makes of it."""
    if tag in KNOWN_TAGS or ":" in tag:
        return False
    return _ORNAMENT.search(tag) is None


def says_something(value: str) -> bool:
    """Whether the value of an attribute is more than a flag, an anchor on the same page, or a number."""
    return value.strip().lower() not in _EMPTY_VALUES and not value.startswith(_NO_CONTENT)


def telling(tag: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The attributes among `names` that may be content on an element of this name."""
    if tag in SILENT_TAGS or tag.startswith("ri:") or tag.endswith("-end"):
        return ()
    own = SILENT_OF_TAG.get(tag, _NONE)
    silent = _SILENT_EVERYWHERE if is_custom(tag) else SILENT_ATTRIBUTES
    content = [name for name in names if name not in silent and name not in own and not SILENT_PATTERN.fullmatch(name)]
    if "aria-label" in names and "role" in names and tag not in {"a", "li"}:
        content.append("aria-label")
    return tuple(content)

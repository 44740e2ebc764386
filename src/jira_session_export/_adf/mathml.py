"""MathML as one line of text, for formulas that come without their TeX."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

_INVISIBLE: Final = str.maketrans("", "", "\u2061\u2062\u2063\u2064\u200b")
_ATOM: Final = re.compile(r"[^\W_]+|.|\([^()]*\)|")


class Part(str):
    """What one element of a formula came to; text beside it is white space between elements."""

    __slots__ = ()


def _group(part: str) -> str:
    return part if _ATOM.fullmatch(part) else f"({part})"


def _joined(parts: Sequence[str]) -> str:
    return "".join(parts)


def _script(sign: str, parts: Sequence[str]) -> str:
    base, *rest = parts or ("",)
    return _group(base) + "".join(f"{sign}{_group(part)}" for part in rest[:1])


def _scripts(parts: Sequence[str]) -> str:
    base, below, above = (*parts, "", "", "")[:3]
    return f"{_group(base)}_{_group(below)}^{_group(above)}"


def _fraction(parts: Sequence[str]) -> str:
    above, below = (*parts, "", "")[:2]
    return f"({above})/({below})"


def _root(parts: Sequence[str]) -> str:
    base, degree = (*parts, "", "")[:2]
    return f"root({degree})({base})"


_WRITERS: Final[Mapping[str, Callable[[Sequence[str]], str]]] = {
    "msup": lambda parts: _script("^", parts),
    "mover": lambda parts: _script("^", parts),
    "msub": lambda parts: _script("_", parts),
    "munder": lambda parts: _script("_", parts),
    "msubsup": _scripts,
    "munderover": _scripts,
    "mfrac": _fraction,
    "msqrt": lambda parts: f"sqrt({_joined(parts)})",
    "mroot": _root,
    "mfenced": lambda parts: f"({', '.join(parts)})",
    "mtable": lambda parts: f"[{'; '.join(parts)}]",
    "mtr": ", ".join,
    "mlabeledtr": ", ".join,
    "mspace": lambda _parts: " ",
    "mphantom": lambda _parts: "",
    "semantics": lambda parts: _joined(parts[:1]),
}

TOKENS: Final = frozenset({"mi", "mn", "mo", "mtext", "ms"})
"""Elements that hold text."""

ELEMENTS: Final = frozenset(_WRITERS) | TOKENS | {"mrow", "mstyle", "mpadded", "menclose", "mtd", "merror", "math"}
"""Elements of MathML that `linear` writes."""


def linear(tag: str, pieces: Sequence[str]) -> Part:
    """An element of MathML in one line: `10^3`, `(1)/(2)`, `sqrt(x)`.

    Args:
        tag: its name.
        pieces: what stands in it, in order: text, and `Part`s its elements came to.
    """
    if tag in TOKENS:
        return Part("".join(pieces).translate(_INVISIBLE).strip())
    parts = [piece for piece in pieces if isinstance(piece, Part) or piece.strip()]
    return Part(_WRITERS.get(tag, _joined)(parts))

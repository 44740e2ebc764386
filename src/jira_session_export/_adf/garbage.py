"""Python's garbage collector during a conversion."""

import gc
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

_HTML_FROM = 256_000
_MARKDOWN_FROM = 64_000
# Unpaused, the collector looks through the growing document again and again. Measured side by side on CPython 3.11
# (November 2026), the pause saves of the time of HTML: 1 % at 128 kB, 4 % at 256 kB, 7 % at 512 kB; of Markdown, whose
# tokens live as long as the document: 5 % at 20 kB, 10 % at 64 kB, 21 % at 256 kB, 37 % at 1 MB.


_AS_IT_IS = nullcontext()  # One for all: to begin a pause takes as long as to convert a short paragraph.


def collection_paused(length: int, *, markdown: bool = False) -> AbstractContextManager[None]:
    """Without a search for cyclic garbage, where that pays: all that a conversion makes is alive until its end.

    Args:
        length: of the source, in characters.
        markdown: it is Markdown.
    """
    if length < (_MARKDOWN_FROM if markdown else _HTML_FROM) or not gc.isenabled():
        return _AS_IT_IS
    return _paused()


@contextmanager
def _paused() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()

"""Where start tags, end tags and text come from: turbohtml's parser, or a tree of BeautifulSoup's."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Protocol

from jira_session_export._adf.sources.paths import PathFinder

if TYPE_CHECKING:
    import bs4

try:
    from jira_session_export._adf.sources.turbo import read_text
except ImportError:  # No wheel of turbohtml for this platform.
    from jira_session_export._adf.sources.plain import read_text


class Sink(Protocol):
    """What a source reports; the methods are those of turbohtml's `SaxHandler`."""

    def start_element(self, tag: str, attrs: tuple[tuple[str, str | None], ...]) -> None:
        """Receive a start tag with its attributes."""

    def end_element(self, tag: str) -> None:
        """Receive the end of an element, also of one that has no end tag."""

    def comment(self, data: str) -> None:
        """Receive what stands between `<!--` and `-->`."""

    @property
    def characters(self) -> Callable[[str], None]:
        """Receives a run of text."""


def read(source: "str | bs4.Tag", sink: Sink) -> None:
    """Tell the sink what is in the source, in reading order, without recursion."""
    if isinstance(source, str):
        read_text(source, sink)
    else:
        from jira_session_export._adf.sources.soup import read_tag  # noqa: PLC0415 - importing bs4 costs 200 ms

        read_tag(source, sink)


def find(source: "str | bs4.Tag", elements: Collection[int], quoted: Collection[int] = ()) -> PathFinder:
    """Where elements stand, and what text is in them, by the number of their start tag; 0 stands for the document.

    The source is read once more for it: keeping track while converting would cost every document what only one with
    losses needs.

    Args:
        source: what was converted.
        elements: those whose path is wanted.
        quoted: those of them whose text is wanted, too.
    """
    finder = PathFinder(set(elements) - {0}, set(quoted))
    if finder.wanted:
        read(source, finder)
    return finder

"""The blocks that are open while a document is built."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, ClassVar, Final

from jira_session_export._adf.fit import BARE, PARENT_OF, ROUTES
from jira_session_export._adf.marks import Marks
from jira_session_export._adf.schema import NODES

Node = dict[str, Any]

EXPANDS: Final = frozenset({"expand", "nestedExpand"})
"""Their title may come later, and a `nestedExpand` must have attributes."""

CHILDREN: Final = {name: node.children for name, node in NODES.items()}
_SEEN_TO: Final = frozenset({"codeBlock", "layoutSection", "mediaSingle", "table"})
_PLAIN: Final = frozenset(name for name in BARE if NODES[name].children) - EXPANDS - _SEEN_TO | {"heading"}
# Where marks of blocks hold, a heading has them to see to: who begins one asks for that.
PLAINLY: Final = {name: frozenset(node.children.keys() & _PLAIN) for name, node in NODES.items()}
"""Type of a node → the `plainly` of its frame; `CHILDREN` has the children."""


class Life(Enum):
    """Where a frame is in its life: open, then maybe suspended and open again, in the end closed.

    A frame whose type is not settled begins as pending; `Frame.go_on_as` opens it.
    """

    OPEN = "open"
    SUSPENDED = "suspended"
    """Something inside stands further out; the block goes on after it, as a new node, when there is more for it."""
    PENDING = "pending"
    """Its type is not settled: its node is empty, and not in the document yet."""
    CLOSED = "closed"
    """It has ended for good."""


OPEN: Final = Life.OPEN
SUSPENDED: Final = Life.SUSPENDED
PENDING: Final = Life.PENDING
CLOSED: Final = Life.CLOSED
# By these names: every block is asked, and Python takes as long to look up a member of an enum as to call a function.

NO_CHILDREN: Final[Mapping[str, frozenset[str]]] = {}
"""The `children` of a frame that is not open."""

_NOTHING: Final[frozenset[str]] = frozenset()


class Frame:
    """A block that has begun.

    Attributes:
        type: the node's type.
        node: the node; the last one of several after a suspension.
        content: the node's content.
        life: where it is in its life; `leave` and `go_on_as` change it.
        children: what may stand in it now; nothing unless it is open.
        plainly: those of the children that may begin without anything to see to, neither now nor when they end.
        parent: the frame whose content the node stands in; None for the document.
    """

    __slots__ = ("children", "content", "life", "node", "parent", "plainly", "type")

    implicit: ClassVar[bool] = False
    """Opened by the builder for something that cannot stand without it."""

    flat: ClassVar[bool] = False
    """Stands for a table, or a row, that could not be one."""

    def __init__(self, node: Node, parent: "Frame | None") -> None:
        node_type = node["type"]
        self.type: str = node_type
        self.node: Node = node
        self.content: list[Node] = node["content"]
        self.children: Mapping[str, frozenset[str]] = CHILDREN[node_type]
        self.plainly: frozenset[str] = PLAINLY[node_type]
        self.parent: Frame | None = parent
        self.life: Life = OPEN

    @property
    def home(self) -> list[Node]:
        """The content that the node stands in."""
        return [] if self.parent is None else self.parent.content

    @property
    def suspended(self) -> bool:
        """Whether its node has ended for now."""
        return self.life is SUSPENDED

    def leave(self, life: Life) -> None:
        """Let nothing stand in it any more, for good or for now."""
        self.life = life
        self.children = NO_CHILDREN
        self.plainly = _NOTHING

    def go_on_as(self, node: Node) -> None:
        """Continue with another node, which stands in its parent already."""
        self.node, self.content, self.type = node, node["content"], node["type"]
        self.life = OPEN
        self.children = CHILDREN[self.type]
        self.plainly = PLAINLY[self.type]

    def takes(self, node_type: str) -> bool:
        """Whether such a node may stand in it without an item or a cell being made up for it."""
        route = ROUTES.get((self.type, node_type))
        return route is not None and (not route or route[0] == PARENT_OF.get(node_type))


class MarkedFrame(Frame):
    """A block in which nothing begins plainly."""

    __slots__ = ()

    def __init__(self, node: Node, parent: Frame | None) -> None:
        super().__init__(node, parent)
        self.plainly = _NOTHING

    def go_on_as(self, node: Node) -> None:
        """Continue with another node, which stands in its parent already."""
        super().go_on_as(node)
        self.plainly = _NOTHING


class ImplicitFrame(MarkedFrame):
    """A block opened by the builder for something that cannot stand without it."""

    __slots__ = ()
    implicit = True


class FlatFrame(MarkedFrame):
    """A list that stands for a table, or an item that stands for a row."""

    __slots__ = ()
    flat = True


class WholeFrame(Frame):
    """A block that is not done with at its end when it has content: a table, a section of columns, an image."""

    __slots__ = ()


class CodeFrame(Frame):
    """A block of code.

    Attributes:
        told: an element in it says that it is code.
    """

    __slots__ = ("told",)

    def __init__(self, node: Node, parent: Frame | None) -> None:
        super().__init__(node, parent)
        self.told: bool = False


KINDS: Final[Mapping[str, type[Frame]]] = {**dict.fromkeys(_SEEN_TO, WholeFrame), "codeBlock": CodeFrame}
"""Types whose frames are of a kind of their own."""


class Line(Enum):
    """The type of `LINE` and `PARAGRAPH`."""

    LINE = "line"
    PARAGRAPH = "paragraph"


LINE: Final = Line.LINE
"""Ends the line of text: what follows stands in a new paragraph."""

PARAGRAPH: Final = Line.PARAGRAPH
"""As `LINE`; and when nothing has been written since `Lines.paragraph` gave it, an empty paragraph may stand here."""

Closing = Frame | Marks | Line | Callable[[], None] | tuple["Closing", ...]
"""What ends something that was begun: hand it to `Builder.end`. Several end in reverse order."""

DONE: Final = ()
"""Nothing to end."""

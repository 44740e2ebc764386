"""Lists whose kind shows only inside an item: checkboxes make task lists, Word's markers bullets or numbers."""

from jira_session_export._adf.frames import CLOSED, LINE, PENDING, Closing, Frame, ImplicitFrame, Node
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.stack import LISTS, BlockStack


class LateLists(BlockStack):
    """A stack of blocks whose lists may still change their kind."""

    __slots__ = (
        "_boxed",
        "_loose",
        "_loose_item",
        "_turned",
        "_unsure",
        "has_told_lists",
    )

    element: int

    def __init__(self) -> None:
        super().__init__()
        self._boxed: Frame | None = None  # The last item that a box has made a task.
        self._turned: dict[
            Frame, tuple[str, Node]
        ] = {}  # Lists that became task lists → what they were, the list before.
        self._loose: list[Node] = []  # The lists of the last loose item, outermost first.
        self._loose_item: Node | None = None
        self.has_told_lists: bool = False  # There are lists whose items say what they are; there seldom are.
        self._unsure: dict[Frame, int] = {}  # Lists in tasks, whose items may be tasks or not → the source's element.

    def _open(self, node_type: str, attrs: Node) -> Closing:
        """Begin a block where it may stand; `Builder` knows where."""
        raise NotImplementedError

    def _line_is_empty(self) -> bool:
        """Whether nothing has been written to the line; `Builder` knows."""
        raise NotImplementedError

    def _line_ends_with_break(self) -> bool:
        """Whether the last that has been written to the line is a break; `Builder` knows."""
        raise NotImplementedError

    # --- checkboxes

    def make_task(self, state: str) -> bool:
        """Make the list item, or the line, that has just begun a task; True when it is one, now or before.

        Args:
            state: `TODO` or `DONE`.
        """
        frame = self._stack[-1]
        if frame.life is PENDING:
            return self._settle_as_task(state)
        if frame.type == "taskItem" and not frame.suspended:
            if self._boxed is frame and not self._line_is_empty():
                return frame.implicit and self._begin_task_after_break(state)
            self._boxed = frame
            if state == "DONE":
                frame.node["attrs"]["state"] = state
            return True
        if frame.suspended:
            return False
        if not self._line_is_empty():
            return frame.type != "listItem" and self._begin_task_after_break(state)
        if frame.type != "listItem":
            return self._begin_task_line(state)
        around = frame.parent
        if frame.content or around is None or around.parent is None or "taskList" not in around.parent.children:
            return False
        if around.type not in {"bulletList", "orderedList"}:
            return False
        around.content.pop()
        self._turn(around, "taskList")
        item: Node = {"type": "taskItem", "attrs": self._attrs_for("taskItem", {"state": state}), "content": []}
        around.content.append(item)
        frame.go_on_as(item)
        self._boxed = frame
        return True

    def _begin_task_after_break(self, state: str) -> bool:
        """A box after a break begins the next task, as after the end of a paragraph."""
        if not self._line_ends_with_break():
            return False
        self.end_line()
        return self._begin_task_line(state)

    def _begin_task_line(self, state: str) -> bool:
        place = self._place("taskItem")
        if place is None:
            return False
        self._push("taskItem", self._attrs_for("taskItem", {"state": state}) or {}, place, ImplicitFrame)
        self._boxed = self._stack[-1]
        return True

    @property
    def list_type(self) -> str:
        """The type of the list whose next item may begin here; some other type when there is no list."""
        position = len(self._stack) - 1
        while self._stack[position].implicit and self._stack[position].type not in LISTS:
            position -= 1
        frame = self._stack[position]
        if frame in self._turned and frame.type == "taskList" and not frame.suspended:
            # Only an item with a checkbox was to become a task; `make_task` turns the list again if this one has one,
            # too.
            if frame is not self._stack[-1]:
                self._close(self._stack[position + 1])
            self.end_line()
            self._turn(frame, self._turned[frame][0])
        return frame.type

    def _turn(self, around: Frame, list_type: str) -> None:
        """Go on with a list as one of another type; what it had so far stays a list of its own."""
        was, previous = self._turned.get(around, (around.type, around.node))
        if around.content:
            previous = around.node
        else:
            around.home.pop()
        if previous["type"] == list_type and around.home and around.home[-1] is previous:
            node = previous
        else:
            previous, node = around.node, self._new_list(list_type)
            around.home.append(node)
        self._turned[around] = (was, previous)
        around.go_on_as(node)

    def _new_list(self, list_type: str) -> Node:
        attrs = self._attrs_for(list_type, None)
        return {"type": list_type, "attrs": attrs, "content": []} if attrs else {"type": list_type, "content": []}

    # --- lists in tasks

    def list_in_task(self, list_type: str) -> Closing:
        """Begin a list in a task item; its first items say whether it is a list of tasks, which alone may stand there.

        Args:
            list_type: what the list is when its items are no tasks.
        """
        self.end_line()
        frame = Frame({"type": list_type, "content": []}, self._stack[-1])
        frame.leave(PENDING)
        self._stack.append(frame)
        self._unsure[frame] = self.element
        self.has_told_lists = True
        return frame

    @property
    def in_unsure_list(self) -> bool:
        """Whether the next item stands in a list begun by `list_in_task`."""
        return bool(self._unsure) and self._stack[-1] in self._unsure

    def unsure_item(self) -> Closing:
        """Begin an item of a list begun by `list_in_task`; `make_task` makes it a task, any content does not."""
        self.end_line()
        around = self._stack[-1]
        if around.type not in {"taskList", "bulletList", "orderedList"} or (
            around.life is not PENDING and around.type != "taskList"
        ):
            return self._open("listItem", {})
        frame = Frame({"type": "listItem", "content": []}, around)
        frame.leave(PENDING)
        self._stack.append(frame)
        return frame

    def _settle(self) -> None:
        """The pending item is no task: its list is moved out of the task it stands in."""
        stack = self._stack
        item = stack.pop() if stack[-1].type == "listItem" else None
        around = stack[-1]
        now, self.element = self.element, self._unsure.get(around, self.element)
        if around.life is PENDING:
            self._begin_as(stack.pop(), around.type)
        elif item is not None:
            # Items before this one were tasks.
            stack.pop()
            self._suspend(around)
            place = self._lift("bulletList")
            if place is not None:
                self.lose_form(LossKind.STRUCTURE_CHANGED, "bulletList", "bulletList was moved out of taskItem")
                place.content.append({"type": "bulletList", "content": []})
                around.go_on_as(place.content[-1])
                around.parent = place
                stack.append(around)
        self.element = now
        if item is not None:
            self._begin_as(item, "listItem")

    def _settle_as_task(self, state: str) -> bool:
        stack = self._stack
        if stack[-1].type != "listItem":
            return False
        item = stack.pop()
        if stack[-1].life is PENDING:
            self._begin_as(stack.pop(), "taskList")
        self._begin_as(item, "taskItem", {"state": state})
        return item.type == "taskItem"

    def _begin_as(self, frame: Frame, node_type: str, attrs: Node | None = None) -> None:
        """Begin a block for a pending frame, which goes on as the block's."""
        begun = self._open(node_type, self._attrs_for(node_type, attrs) or {})
        if not isinstance(begun, Frame):
            frame.leave(CLOSED)  # It could not be begun: what was to stand in it stands further out.
            return
        frame.go_on_as(begun.node)
        frame.parent = begun.parent
        self._stack[-1] = frame

    # --- numbers of items

    def number_item(self, number: int) -> bool:
        """Give the next item of the ordered list its number; the list is cut in two where it does not follow.

        Returns:
            False where no ordered list goes on, or it cannot begin with that number.
        """
        frame = self._stack[-1]
        if frame.type != "orderedList" or frame.suspended or frame.life is PENDING or not 0 <= number < 2**31:
            return False
        attrs = frame.node.get("attrs", {})
        if attrs.get("order", 1) + len(frame.content) == number:
            return True
        if not frame.content:
            attrs = {name: value for name, value in attrs.items() if name != "order"}
            if number != 1:
                attrs["order"] = number
            if attrs:
                frame.node["attrs"] = attrs
            else:
                frame.node.pop("attrs", None)
            return True
        self.end_line()
        node: Node = {"type": "orderedList", "attrs": {"order": number}, "content": []}
        frame.home.append(node)
        frame.go_on_as(node)
        return True

    def begin_list_at(self, number: int) -> None:
        """Give the ordered list whose first item is open the number of that item."""
        item = self._stack[-1]
        around = item.parent
        if item.type != "listItem" or around is None or around.type != "orderedList" or len(around.content) != 1:
            return
        if number != 1 and 0 <= number < 2**31:
            around.node["attrs"] = {"order": number}

    # --- paragraphs that are list items

    def loose_item(self, level: int) -> Closing:
        """Begin an item of a list that is written as a row of paragraphs; a bullet list until `name_loose_list`.

        Args:
            level: 1 for the outermost list. An item goes at most one level deeper than the one before.
        """
        self.end_line()
        place = self._place("bulletList")
        if place is None:
            return LINE
        if not self._loose or not place.content or place.content[-1] is not self._loose[0]:
            self._loose = []
        del self._loose[level:]
        if len(self._loose) < level:
            home = self._loose[-1]["content"][-1]["content"] if self._loose else place.content
            home.append(self._new_list("bulletList"))
            self._loose.append(home[-1])
        self._loose[-1]["content"].append({"type": "listItem", "content": []})
        outermost = len(self._stack)
        for node in self._loose:
            around = Frame(node, place)
            place = Frame(node["content"][-1], around)
            self._stack += (around, place)
        self._loose_item = place.node
        return self._stack[outermost]

    def name_loose_list(self, *, ordered: bool, start: int = 1) -> bool:
        """Say which kind of list the loose item that is open belongs to; False when none is open.

        Args:
            ordered: whether its items are numbered.
            start: its first number.
        """
        frame = self._stack[-1]
        around = frame.parent
        if frame.node is not self._loose_item or frame.suspended or around is None:
            return False
        node = self._loose[-1]
        list_type = "orderedList" if ordered else "bulletList"
        alone = len(node["content"]) == 1
        restarts = ordered and start == 1 and not alone
        if node["type"] == list_type and not restarts and not (ordered and alone):
            return True
        if not alone:
            node["content"].pop()
            node = {"type": list_type, "content": [frame.node]}
            self._loose[-1] = node
            around.home.append(node)
        node["type"] = list_type
        if ordered and start != 1:
            node["attrs"] = {"order": start}
        around.go_on_as(node)
        return True

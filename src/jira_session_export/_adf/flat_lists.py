"""Lists that are written flat: each item says what kind of list it belongs to, and how deep it is."""

from jira_session_export._adf.frames import SUSPENDED, Closing, Frame, Node
from jira_session_export._adf.late_lists import LateLists
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.stack import LISTS, MAX_DEPTH


class FlatLists(LateLists):
    """A stack of blocks whose lists may be given by their items.

    An element around such items is no list of its own: it hosts them, and the lists that they say stand in its place.
    """

    has_told_lists: bool

    __slots__ = (
        "_first_levels",
        "_flat",
        "_host_levels",
        "_hosts",
        "_list_states",
    )

    def __init__(self) -> None:
        super().__init__()
        self._hosts: set[Frame] = set()
        self._host_levels: dict[Frame, int] = {}  # Of the items of hosts, where the host says it.
        self._flat: dict[int, Node] = {}  # The lists that items of a host may go on with; by identity.
        self._first_levels: dict[int, int] = {}  # Of lists of `_flat` that began deeper; by identity.
        self._list_states: dict[Frame, str] = {}

    @property
    def in_flat_list(self) -> bool:
        """Whether the next item stands in an element that hosts the items of flat lists."""
        return bool(self._hosts) and self._stack[-1] in self._hosts

    @property
    def list_depth(self) -> int:
        """How many lists are open, one within another."""
        return sum(frame.type in LISTS for frame in self._stack)

    @property
    def list_state(self) -> str | None:
        """The state of all tasks in the list that is open, when the list itself has said it."""
        return self._list_states.get(self._stack[-1]) if self._list_states else None

    def state_of_items(self, state: str) -> None:
        """Say the state of all tasks in the list that has just been begun."""
        self._list_states[self._stack[-1]] = state

    def continues_flat_list(self) -> bool:
        """Whether a list that begins here follows a flat one: what seemed to be its end was a change of kind."""
        if not self._flat:
            return False
        content = self._stack[-1].content
        return bool(content) and id(content[-1]) in self._flat

    def flat_list(self, list_type: str, level: int = 1, order: int | None = None, *, goes_on: bool = False) -> Closing:
        """Begin an element that hosts the items of flat lists.

        Args:
            list_type: the list that items belong to when they do not say it.
            level: of the items when they do not say it.
            order: the number of the first item, when it is said; a list that does not go on there begins anew.
            goes_on: whether a list that stands just before is the same list.
        """
        self.end_line()
        node: Node = {"type": list_type, "content": []}
        if list_type == "orderedList" and order is not None and order != 1:
            node["attrs"] = {"order": order}
        frame = Frame(node, self._stack[-1])
        frame.leave(SUSPENDED)
        self._host_levels[frame] = level
        home = self._stack[-1].content
        if goes_on and home and home[-1]["type"] in LISTS:
            if level > 1 or _follows(home[-1], order):
                self._flat[id(home[-1])] = home[-1]
            else:
                self._flat.pop(id(home[-1]), None)
        self._hosts.add(frame)
        self.has_told_lists = True
        self._stack.append(frame)
        return frame

    def flat_item(
        self, level: int | None, list_type: str, state: str = "TODO", *, goes_on: bool = False, number: int = 1
    ) -> Closing:
        """Begin an item of a flat list, as deep as it says; never more than one level deeper than the item before.

        Args:
            level: 1 for the outermost list; None for what the element around it says.
            list_type: `bulletList`, `orderedList` or `taskList`.
            state: of a task.
            goes_on: whether a list that stands just before the one around the item is the same list.
            number: of the item, when it begins an ordered list.
        """
        self.end_line()
        host = self._stack[-1]
        level = level or self._host_levels.get(host, 1)
        if host.type in LISTS and host not in self._hosts:
            self._make_host(host, adopts=goes_on or level > 1)
        place = host.parent if host in self._hosts and host.parent is not None else self._place("bulletList")
        if place is None or len(self._stack) + 2 * level >= MAX_DEPTH:
            return self._open("listItem", {})
        first = level
        level = self._level_in(place, level)
        chain = self._chain(place, level)
        if not chain and first > 1:
            self._fit_list(place, chain, level := 1, list_type)
            self._first_levels[id(chain[0])] = first
        else:
            self._fit_list(place, chain, level, list_type)
        order = host.node.get("attrs", {}).get("order")
        begins = not chain[-1]["content"] and chain[-1]["type"] == "orderedList"
        if order is not None and begins and chain[0] is not host.node:
            chain[-1]["attrs"] = {"order": order}
        elif begins and number != 1:
            chain[-1]["attrs"] = {"order": number}
        return self._open_item(place, chain, state)

    def adjacent_item(self, list_type: str, state: str = "TODO", number: int = 1) -> Closing:
        """Begin an item that says what list it belongs to, and stands where it belongs; its neighbours go on with it.

        Args:
            list_type: `bulletList`, `orderedList` or `taskList`.
            state: of a task.
            number: of an item of an ordered list that is the first.
        """
        self.end_line()
        if self.parent_type == "taskItem" and list_type != "taskList":
            return (self._open(list_type, {}), self._open("listItem", {}))
        if self.parent_type == "taskItem":
            # Nested tasks stand beside their item.
            closing = self._open("taskList", self._attrs_for("taskList", None) or {})
            return (closing, self._open("taskItem", self._attrs_for("taskItem", {"state": state}) or {}))
        place = self._place(list_type)
        if place is None or list_type not in place.children or len(self._stack) >= MAX_DEPTH - 4:
            return self._open("listItem", {})
        home = place.content
        if not home or id(home[-1]) not in self._flat or home[-1]["type"] != list_type:
            node = self._new_list(list_type)
            if list_type == "orderedList" and number != 1:
                node["attrs"] = {"order": number}
            home.append(node)
            self._flat[id(node)] = node
            self.has_told_lists = True
        return self._open_item(place, [home[-1]], state)

    def _make_host(self, host: Frame, *, adopts: bool) -> None:
        """Let a list that has been begun host flat items; what it holds already stays, and they go on with it."""
        if host.content:
            self._flat[id(host.node)] = host.node
        else:
            if host.home and host.home[-1] is host.node:
                host.home.pop()
            if adopts and host.home and host.home[-1]["type"] in LISTS:
                self._flat[id(host.home[-1])] = host.home[-1]
        host.leave(SUSPENDED)
        self._hosts.add(host)
        self.has_told_lists = True

    def _level_in(self, place: Frame, level: int) -> int:
        """The level of an item, counted from the one that the list it goes on with began at."""
        home = place.content
        first = self._first_levels.get(id(home[-1])) if home and self._first_levels else None
        if first is None:
            return level
        if level < first:
            self._first_levels[id(home[-1])] = first = level
        return level - first + 1

    def _chain(self, place: Frame, level: int) -> list[Node]:
        """The lists at the end of the place that the item may belong to, outermost first."""
        chain: list[Node] = []
        home = place.content
        while len(chain) < level and home and id(home[-1]) in self._flat:
            chain.append(home[-1])
            home = _last_home(home[-1])
        return chain

    def _fit_list(self, place: Frame, chain: list[Node], level: int, list_type: str) -> None:
        """Let the chain end with a list of the type, begun when there is none."""
        if len(chain) == level and chain[-1]["type"] != list_type:
            chain.pop()
        elif len(chain) == level:
            return
        moved = False
        while chain and chain[-1]["type"] == "taskList" and list_type != "taskList":
            chain.pop()  # Nothing but tasks may stand in tasks.
            moved = True
        if moved:
            self.lose_form(LossKind.STRUCTURE_CHANGED, list_type, f"{list_type} was moved out of taskItem")
            last = (_last_home(chain[-1]) if chain else place.content)[-1]
            if last["type"] == list_type and id(last) in self._flat:
                chain.append(last)
                return
        node = self._new_list(list_type)
        (_last_home(chain[-1]) if chain else place.content).append(node)
        self._flat[id(node)] = node
        self.has_told_lists = True
        chain.append(node)

    def _open_item(self, place: Frame, chain: list[Node], state: str) -> Closing:
        outermost = len(self._stack)
        around = place
        for node in chain[:-1]:
            around = self._push_open(node, around)
            if node["type"] != "taskList":
                around = self._push_open(node["content"][-1], around)
        around = self._push_open(chain[-1], around)
        task = chain[-1]["type"] == "taskList"
        item: Node = {"type": "listItem", "content": []}
        if task:
            item = {"type": "taskItem", "attrs": self._attrs_for("taskItem", {"state": state}), "content": []}
        chain[-1]["content"].append(item)
        self._push_open(item, around)
        return self._stack[outermost]

    def _push_open(self, node: Node, parent: Frame) -> Frame:
        frame = Frame(node, parent)
        self._stack.append(frame)
        return frame


def _follows(before: Node, order: int | None) -> bool:
    """Whether a list that begins with this number goes on with the one before it."""
    if before["type"] != "orderedList" or order is None:
        return True
    return bool(before.get("attrs", {}).get("order", 1) + len(before["content"]) == order)


def _last_home(node: Node) -> list[Node]:
    """Where a list stands that belongs to the last item of this one."""
    content: list[Node] = node["content"]
    if node["type"] == "taskList":
        return content
    last: list[Node] = content[-1]["content"]
    return last

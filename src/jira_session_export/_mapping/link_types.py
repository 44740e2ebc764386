"""Issue link types: the one a name or a phrase stands for, and which way round it is meant."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from jira_session_export._jira.wire import LinkType
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._mapping.names import name_key
from jira_session_export._mapping.wording import choices

LINKING_OFF = "issue linking is switched off in Jira"


@dataclass(frozen=True, slots=True)
class LinkWay:
    """How a link is to be made.

    Attributes:
        type: its type; None when there is none, or none that is certain.
        turned: whether the phrase names the type from its other end: "A is blocked by B" is "B blocks A".
        why_not: why the link cannot be made; empty when it can.
    """

    type: LinkType | None
    turned: bool = False
    why_not: str = ""

    @property
    def symmetric(self) -> bool:
        """Whether both ends are called alike, so that the direction means nothing."""
        return self.type is not None and name_key(self.type.inward) == name_key(self.type.outward)

    def sentence(self, source: str, wanted: str, target: str) -> str:
        """What the link says: `DEMO-1 blocks DEMO-2`."""
        if self.type is None or not self.type.outward:
            return f"{source} {wanted} {target}"
        source, target = (target, source) if self.turned else (source, target)
        return f"{source} {self.type.outward} {target}"


def find_link_way(wanted: str, metadata: ProjectMetadata) -> LinkWay:
    """The link type with that name or id; else the one with that phrase for the way out, or for the way in.

    A name comes before every phrase: a site may call a type as another one's phrase reads.
    """
    if metadata.linking_off:
        return LinkWay(None, why_not=LINKING_OFF)
    types = metadata.link_types
    if not types:  # they could not be read: Jira knows whether it has one of that name
        return LinkWay(LinkType(name=wanted.strip()))
    key = name_key(wanted)
    ways: tuple[tuple[Callable[[LinkType], Iterable[str]], bool], ...] = (
        (lambda each: (name_key(each.name),), False),
        (lambda each: (name_key(each.outward),), False),
        (lambda each: (name_key(each.inward),), True),
        (lambda each: (each.id,), False),
    )
    for names, turned in ways:
        found = [each for each in types if key in names(each)]
        if len(found) > 1:
            called = choices([each.name for each in found])
            return LinkWay(None, why_not=f"several issue link types have that phrase: {called}")
        if found:
            return LinkWay(found[0], turned)
    offered = choices([each.name for each in types])
    return LinkWay(None, why_not=f"Jira has no such issue link type; it has: {offered}")

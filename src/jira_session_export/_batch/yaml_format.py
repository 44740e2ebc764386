"""Reads YAML, event by event: nothing is constructed, no tag is obeyed, aliases cannot multiply without end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jira_session_export._batch.options import ReadOptions
from jira_session_export._batch.raw import MAX_DEPTH, SPLIT, Fields, Problems, RawBatch, number, split_document
from jira_session_export._printable import shortened
from jira_session_export._written import WrittenNumber

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

# The core schema of YAML 1.2 and a little less: `no`, `1:30`, `007` and dates stay the text that people meant.
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|(?:0|[1-9][0-9]*)(?=[eE]))(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

_TAG = "tag:yaml.org,2002:"


def read_yaml(text: str, problems: Problems, _: ReadOptions) -> RawBatch:
    """The batch in a YAML document.

    Raises:
        BatchFileError: it is not YAML, or holds no tickets, or PyYAML is not installed.
    """
    document = parse_yaml(text, problems)
    if document is None:
        raise problems.fatal("", "is empty")
    return split_document(document, problems)


def parse_yaml(text: str, problems: Problems, *, where: str = "") -> Any:
    """The value of a YAML document; each mapping in it knows its line.

    Args:
        where: what comes before the line in problems.

    Raises:
        BatchFileError: it is not YAML, or PyYAML is not installed.
    """
    if yaml is None:
        raise problems.fatal(
            where,
            "YAML needs the package PyYAML, which is not installed",
            "Install it with: pip install 'jira-session-export[cli]'",
        )
    builder = _Builder(problems, f"{where}, " if where else "")
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        place = f"{builder.prefix}line {mark.line + 1}, column {mark.column + 1}" if mark else where
        raise problems.fatal(place, f"is not YAML: {exc.problem}", _cause(text, mark, str(exc.problem))) from exc
    except yaml.YAMLError as exc:  # characters that YAML does not allow
        raise problems.fatal(where, f"is not YAML: {' '.join(str(exc).split())}") from exc
    return builder.document


def _cause(text: str, mark: Any, problem: str) -> str:
    """What a person probably did."""
    if mark is None:
        return ""
    start = 0
    for _ in range(mark.line):
        start = text.find("\n", start) + 1
    line = text[start : start + 1_000].partition("\n")[0]
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in problem:
        return "Indent with spaces: YAML allows no tabs there."
    if "mapping values are not allowed" in problem:
        return "Put a value with a colon in it in quotes, and indent the lines of an entry alike."
    if line.lstrip()[:1] in {"@", "`", "%"}:
        return "Put a value that begins with such a character in quotes."
    return ""


def _events(text: str) -> Iterator[Any]:
    # The parser in C, when PyYAML was built with it, is ten times as fast.
    return yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


class _Size(NamedTuple):
    """How much was read: values, and characters of them."""

    values: int
    characters: int


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not come yet; a mapping's keys and values alternate in `values`."""

    mapping: bool
    anchor: str | None
    line: int
    size_before: "_Size"
    values: list[Any] = field(default_factory=list)

    @property
    def wants_key(self) -> bool:
        return self.mapping and len(self.values) % 2 == 0


class _Builder:
    """Builds the document from events, without recursion."""

    def __init__(self, problems: Problems, prefix: str) -> None:
        self.problems = problems
        self.prefix = prefix
        self.document: Any = None
        self._documents = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, _Size]] = {}
        self._size = _Size(0, 0)
        self._aliased = 0

    def take(self, event: Any) -> None:
        """Go on with the next event."""
        line = event.start_mark.line + 1
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise self._fatal(line, "a second document begins", "Put all tickets into one document.")
            case yaml.ScalarEvent():
                self._count(1, len(event.value), line)
                self._add(self._scalar(event, line), line)
                if event.anchor:
                    self._anchors[event.anchor] = (self._resolve(event), _Size(1, len(event.value)))
            case yaml.AliasEvent():
                self._add(self._alias(str(event.anchor), line), line)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._begin(event, line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end()
            case _:
                pass

    def _begin(self, event: Any, line: int) -> None:
        mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in {None, "!", _TAG + ("map" if mapping else "seq")}:
            raise self._fatal_tag(event.tag, line)
        if self._open and self._open[-1].wants_key:
            raise self._fatal(line, "a key must be text", "Put it in quotes.")
        if len(self._open) >= MAX_DEPTH:
            raise self._fatal(line, "is nested too deeply")
        self._open.append(_Open(mapping, event.anchor, line, self._size))
        self._count(1, 0, line)

    def _end(self) -> None:
        ended = self._open.pop()
        value: Any = ended.values
        if ended.mapping:
            value = self._mapping(ended)
        if ended.anchor:
            values, characters = ended.size_before
            weight = _Size(self._size.values - values, self._size.characters - characters)
            self._anchors[ended.anchor] = (value, weight)
        self._add(value, ended.line)

    def _add(self, value: Any, line: int) -> None:
        if not self._open:
            self.document = value
            return
        parent = self._open[-1]
        if parent.wants_key and not isinstance(value, str):
            raise self._fatal(line, "a key must be text", "Put it in quotes.")
        parent.values.append(value)

    def _mapping(self, ended: _Open) -> Fields:
        pairs = list(zip(ended.values[::2], ended.values[1::2], strict=True))
        merged = [value for key, value in pairs if key == "<<"]
        fields = Fields([pair for pair in pairs if pair[0] != "<<"], ended.line)
        for source in merged:
            for mapping in source if isinstance(source, list) else [source]:
                if not isinstance(mapping, Fields):
                    raise self._fatal(ended.line, "'<<' takes in mappings only")
                for key, value in mapping.items():
                    fields.setdefault(key, value)
        return fields

    def _alias(self, anchor: str, line: int) -> Any:
        name = shortened(anchor)
        if any(opened.anchor == anchor for opened in self._open):
            raise self._fatal(line, f"*{name} refers to itself")
        if anchor not in self._anchors:
            raise self._fatal(line, f"*{name} refers to no &{name} before it")
        value, weight = self._anchors[anchor]
        self._count(weight.values, weight.characters, line)
        self._aliased += weight.characters
        if self._aliased > (limit := self.problems.limits.max_aliased):
            raise self._fatal(line, f"its aliases stand for more than {limit:,} characters", SPLIT)
        return value

    def _count(self, values: int, characters: int, line: int) -> None:
        self.problems.count_values(values, f"{self.prefix}line {line}")
        self._size = _Size(self._size.values + values, self._size.characters + characters)

    def _scalar(self, event: Any, line: int) -> Any:
        if event.tag not in {None, "!", _TAG + "str"}:
            raise self._fatal_tag(event.tag, line)
        # A key is what was written, whatever it looks like: `10010: x` names the field 10010.
        return event.value if self._open and self._open[-1].wants_key else self._resolve(event)

    @staticmethod
    def _resolve(event: Any) -> Any:
        text: str = event.value
        plain = event.implicit[0] and event.tag is None
        if not plain:
            return text
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if _INT.fullmatch(text) or _FLOAT.fullmatch(text):
            return number(text)
        return WrittenNumber(text, float(text.replace(".", ""))) if _NOT_FINITE.fullmatch(text) else text

    def _fatal_tag(self, tag: str, line: int) -> Exception:
        name = shortened(tag.replace(_TAG, "!!"))
        return self._fatal(line, f"the tag {name} is not allowed", "Remove it, or put the value in quotes.")

    def _fatal(self, line: int, text: str, action: str = "") -> Exception:
        return self.problems.fatal(f"{self.prefix}line {line}", text, action)

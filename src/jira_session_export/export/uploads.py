"""Which files a ticket wants attached, and which of them Jira has already."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jira_session_export.adf import Conversion
from jira_session_export.facts import FollowUp, StepKind
from jira_session_export.jira.wire import AttachmentInfo
from jira_session_export.models import Ticket


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to attach.

    Attributes:
        target: its name in Jira; what makes it unique among the ticket's files.
        embedded_id: the placeholder in the description that it fills, None for an ordinary attachment.
    """

    target: str
    content: bytes | Path
    media_type: str | None
    embedded_id: str | None = None

    @property
    def size(self) -> int | None:
        """Bytes; None when the file cannot be read."""
        if isinstance(self.content, bytes):
            return len(self.content)
        try:
            return self.content.stat().st_size
        except OSError:
            return None


def uploads(
    ticket: Ticket, conversion: Conversion, follow_ups: Sequence[FollowUp], full_text: Callable[[Conversion], str]
) -> tuple[Upload, ...]:
    """All files of a ticket: its attachments, the images inside its description, the full text of a shortened one."""
    return tuple(_with_unique_names(_uploads(ticket, conversion, follow_ups, full_text)))


def _uploads(
    ticket: Ticket, conversion: Conversion, follow_ups: Sequence[FollowUp], full_text: Callable[[Conversion], str]
) -> Iterator[Upload]:
    for attachment in ticket.attachments:
        yield Upload(attachment.name, attachment.path, attachment.media_type)
    for embedded in conversion.embedded_files:
        if embedded.content is not None:
            yield Upload(embedded.filename, embedded.content, embedded.media_type, embedded.id)
    for follow_up in follow_ups:
        if follow_up.kind is StepKind.ATTACHMENT:
            yield Upload(follow_up.target, full_text(conversion).encode(), "text/plain")


def _with_unique_names(files: Iterator[Upload]) -> Iterator[Upload]:
    """Number files of the same name: Jira would keep both, but nobody, we included, could tell them apart."""
    seen: Counter[str] = Counter()
    for file in files:
        name = file.target
        while seen[name]:
            stem, dot, suffix = file.target.rpartition(".")
            name = (
                f"{stem} ({seen[file.target] + 1}).{suffix}"
                if dot and stem
                else f"{file.target} ({seen[file.target] + 1})"
            )
            seen[file.target] += 1
        seen[name] += 1
        yield Upload(name, file.content, file.media_type, file.embedded_id)


def already_attached(upload: Upload, attached: Sequence[AttachmentInfo]) -> AttachmentInfo | None:
    """The attachment that is this upload, when Jira has it: same name, same size."""
    return next((info for info in attached if info.filename == upload.target and info.size == upload.size), None)

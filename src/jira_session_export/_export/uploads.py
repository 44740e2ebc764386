"""Which files a ticket wants attached, and which of them Jira has already."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jira_session_export._adf import Conversion, EmbeddedFile
from jira_session_export._jira.wire import AttachmentInfo
from jira_session_export._mapping.images import attached_images
from jira_session_export._models import Ticket
from jira_session_export._values import FollowUp, StepKind


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to attach.

    Attributes:
        target: its name in Jira; what makes it unique among the ticket's files.
        places: the placeholders in the description that it fills.
    """

    target: str
    content: bytes | Path
    media_type: str | None
    places: tuple[str, ...] = ()

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
    ticket: Ticket,
    conversion: Conversion,
    follow_ups: Sequence[FollowUp],
    full_text: Callable[[Conversion], str],
    *,
    embed_images: bool,
) -> tuple[Upload, ...]:
    """All files of a ticket: its attachments, the images inside its description, the full text of a shortened one.

    Args:
        embed_images: whether the description's images are wanted, and an attachment is shown where one names it.
    """
    images = conversion.embedded_files if embed_images else ()
    return tuple(_with_unique_names(_uploads(ticket, conversion, images, follow_ups, full_text)))


def _uploads(
    ticket: Ticket,
    conversion: Conversion,
    images: Sequence[EmbeddedFile],
    follow_ups: Sequence[FollowUp],
    full_text: Callable[[Conversion], str],
) -> Iterator[Upload]:
    attached = attached_images(images, ticket.attachments)
    for attachment in ticket.attachments:
        places = tuple(place for place, shown in attached.items() if shown is attachment)
        yield Upload(attachment.name, attachment.path, attachment.media_type, places)
    for image in images:
        if image.content is not None:
            yield Upload(image.filename, image.content, image.media_type, (image.id,))
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
        yield Upload(name, file.content, file.media_type, file.places)


def already_attached(upload: Upload, attached: Sequence[AttachmentInfo]) -> AttachmentInfo | None:
    """The attachment that is this upload, when Jira has it: same name, same size."""
    return next((info for info in attached if info.filename == upload.target and info.size == upload.size), None)

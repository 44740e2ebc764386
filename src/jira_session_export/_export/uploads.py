"""Which files a ticket wants attached, and which of them Jira has already."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from unicodedata import normalize
from urllib.parse import unquote

from jira_session_export._adf import Conversion, EmbeddedFile
from jira_session_export._jira.wire import AttachmentInfo
from jira_session_export._mapping.images import attached_images
from jira_session_export._models import Attachment, Ticket
from jira_session_export._values import FollowUp, StepKind


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to attach.

    Attributes:
        target: its name in Jira; what makes it unique among the ticket's files.
        places: the placeholders in the description that it fills.
        size: in bytes; None while nobody has looked, and when the file cannot be read.
    """

    target: str
    content: bytes | Attachment
    media_type: str | None
    places: tuple[str, ...] = ()
    size: int | None = None


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
        yield Upload(attachment.name, attachment, attachment.media_type, places)
    for image in images:
        if image.content is not None:
            yield Upload(image.filename, image.content, image.media_type, (image.id,))
    for follow_up in follow_ups:
        if follow_up.kind is StepKind.ATTACHMENT:
            yield Upload(follow_up.target, full_text(conversion).encode(), "text/plain")


def _with_unique_names(files: Iterator[Upload]) -> Iterator[Upload]:
    """Number files of the same name: Jira would keep both, but nothing would distinguish them."""
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


def already_attached(
    upload: Upload, attached: Sequence[AttachmentInfo], *, others: Sequence[Upload] = (), taken: Collection[str] = ()
) -> AttachmentInfo | None:
    """The attachment that is this upload, when Jira has it: the same size, and the same name or what Jira made of it.

    Jira keeps most names as they are sent and changes some: characters that no file system takes, paths. By which rule
    is not documented, so a name counts as a changed one when letters and digits are missing from it at most.

    Args:
        upload: its size is known, and that of `others`.
        others: the ticket's other files, whose attachments are not this one.
        taken: ids of attachments that are known to be other files.
    """
    same_size = [info for info in attached if info.size == upload.size and info.id not in taken]
    exact = [info for info in same_size if info.filename == upload.target]
    if exact:
        return exact[0]
    rivals = [other for other in others if other is not upload and other.size == upload.size]
    names = {other.target for other in rivals}
    changed = [info for info in same_size if info.filename not in names and _changed(upload.target, info.filename)]
    if any(_changed(other.target, info.filename) for other in rivals for info in changed):
        return None  # which of the two it is cannot be known
    return changed[0] if changed else None


def _changed(sent: str, stored: str) -> bool:
    """Whether `stored` may be what became of the name `sent`."""
    stem, ending = _parts(sent)
    left, stored_ending = _parts(stored)
    rest = iter(stem)
    return ending == stored_ending and all(char in rest for char in left)  # each found after the one before it


def _parts(name: str) -> tuple[str, str]:
    """Letters and digits of a name without its folders, and its ending."""
    stem, dot, ending = re.split(r"[/\\]", unquote(normalize("NFKC", name)).casefold())[-1].rpartition(".")
    if not dot:
        stem, ending = ending, ""
    return "".join(filter(str.isalnum, stem)), ending

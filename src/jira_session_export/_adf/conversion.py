"""What a conversion gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jira_session_export._adf.files import EmbeddedFile, MediaReference, place_media
from jira_session_export._adf.limits import shorten_document
from jira_session_export._adf.losses import Loss, LossKind
from jira_session_export._adf.options import ConversionOptions
from jira_session_export._adf.output import Output


@dataclass(frozen=True, slots=True)
class Conversion:
    """A document, and everything about it that a person or the export has to know.

    Attributes:
        document: a valid ADF document.
        losses: what could not be carried over, in the source's order.
        embedded_files: images that have no address on the web; each has an empty paragraph in the document as
            placeholder.
        full_text: the whole text when the document was shortened, to be attached to the issue; None otherwise.
    """

    document: dict[str, Any]
    losses: tuple[Loss, ...]
    embedded_files: tuple[EmbeddedFile, ...]
    full_text: str | None

    def with_media(self, media: Mapping[str, MediaReference]) -> dict[str, Any]:
        """The document with placeholders of embedded files replaced by the files in Jira.

        Args:
            media: `EmbeddedFile.id` → the file in Jira; a file that is missing keeps its placeholder.
        """
        return place_media(self.document, self.embedded_files, media)


def shorten(conversion: Conversion, max_text_length: int) -> Conversion:
    """The conversion with at most so many characters of text; itself when it has no more.

    Args:
        conversion: what was converted.
        max_text_length: counted as `adf.limits` explains.

    Returns:
        A conversion whose document was cut at a block boundary and ends with a visible note, with the loss, and with
        the text of the whole document in `full_text`.
    """
    document, cut = shorten_document(conversion.document, max_text_length)
    if cut is None:
        return conversion
    return Conversion(
        document=document,
        losses=(*conversion.losses, Loss(LossKind.SHORTENED, "", cut.excerpt, cut.detail)),
        embedded_files=conversion.embedded_files,
        full_text=conversion.full_text or cut.full_text,
    )


def conclude(
    document: dict[str, Any],
    out: Output,
    paths: Mapping[int, str],
    options: ConversionOptions,
    *,
    longest: int | None = None,
) -> Conversion:
    """What was written, with the losses placed in the source, and within the limit.

    Args:
        document: the finished document.
        out: what wrote it.
        paths: where the source's elements stand, by number.
        options: those of the conversion.
        longest: what the text cannot be longer than, when that is known, so that a short one need not be measured.
    """
    losses = _placed(out, paths) if out.losses else ()
    conversion = Conversion(document, losses, tuple(out.files), None)
    limit = options.max_text_length
    if limit is None or (longest is not None and longest <= limit):
        return conversion
    return shorten(conversion, limit)


def _placed(out: Output, paths: Mapping[int, str]) -> tuple[Loss, ...]:
    noted = sorted(out.losses, key=lambda loss: loss.element)  # Some are only known at an element's end.
    losses = [Loss(loss.kind, paths.get(loss.element, ""), loss.excerpt, loss.detail) for loss in noted]
    if out.unlisted_losses:
        losses.append(Loss(LossKind.MORE, "", f"{out.unlisted_losses}", "further losses are not listed"))
    return tuple(losses)

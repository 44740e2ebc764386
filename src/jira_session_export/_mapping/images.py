"""Images inside a text: which of the ticket's attachments they stand for, and what to do by hand about the others."""

from collections.abc import Hashable, Mapping, Sequence
from urllib.parse import unquote

from jira_session_export._adf import Conversion, EmbeddedFile, LossKind
from jira_session_export._adf.urls import scheme_of
from jira_session_export._mapping.wording import shown
from jira_session_export._models import Attachment
from jira_session_export._values import ManualFix, ManualFixKind

MOST_FIXES = 100
"""Manual fixes for the images of one text; what is beyond is counted in a last one."""

_GONE = frozenset({LossKind.IMAGE_REMOVED, LossKind.MEDIA_REMOVED})
_LONG_SOURCE = 100
_DESCRIPTION_ONLY = "an export shows attached images in descriptions only"


def attached_images(files: Sequence[EmbeddedFile], attachments: Sequence[Attachment]) -> Mapping[str, Attachment]:
    """The attachments that images without bytes stand for, by the image's id; one that may be several is left out."""
    meant = {file.id: _meant(file, attachments) for file in files if file.content is None}
    return {file_id: found[0] for file_id, found in meant.items() if len(found) == 1}


def any_image_comes(text: Conversion, attachments: Sequence[Attachment]) -> bool:
    """Whether an image of the text will be attached, so that it can be shown in its place."""
    files = text.embedded_files
    if not files:
        return False
    return any(file.content is not None for file in files) or bool(attached_images(files, attachments))


def _meant(file: EmbeddedFile, attachments: Sequence[Attachment]) -> Sequence[Attachment]:
    """The attachments of the image's name; of several, those in the folder that its address names."""
    if scheme_of(file.source) == "data":
        return ()
    named = [each for each in attachments if file.filename in {each.name, each.path.name}]
    if len(named) < 2:
        return named
    address = unquote(file.source.partition("?")[0].partition("#")[0]).replace("\\", "/")
    path = tuple(part for part in address.split("/") if part not in {"", ".", ".."})
    return [each for each in named if each.path.parts[-len(path) :] == path] or named


def image_fixes(
    text: Conversion, word: str, attachments: Sequence[Attachment], *, in_place: bool
) -> tuple[ManualFix, ...]:
    """One manual fix for each image, drawing or player of a text that Jira will not show there.

    Args:
        word: the text's field, in the batch file's words.
        attachments: the ticket's.
        in_place: whether the export shows images in this text once they are attached.
    """
    if not (text.embedded_files or text.losses):
        return ()
    come = attached_images(text.embedded_files, attachments)
    fixes: dict[Hashable, ManualFix] = {}
    for file in text.embedded_files:
        if in_place and (file.content is not None or file.id in come):
            continue
        # Long addresses that begin alike may be of different images; their names distinguish them.
        same = (file.source, file.filename) if file.source.endswith("…") else file.source
        fixes.setdefault(same, _file_fix(file, word, _meant(file, attachments)))
    for loss in text.losses:
        if loss.kind in _GONE and loss.excerpt:
            fixes.setdefault(loss.excerpt, _fix(word, loss.excerpt, "the ticket has no file of it"))
    found = tuple(fixes.values())
    if len(found) <= MOST_FIXES:
        return found
    more = f"{len(found) - MOST_FIXES} more images"
    return (*found[:MOST_FIXES], _fix(word, more, "the ticket has no files of them"))


def _file_fix(file: EmbeddedFile, word: str, meant: Sequence[Attachment]) -> ManualFix:
    is_data = scheme_of(file.source) == "data"
    name = file.source
    if len(name) > _LONG_SOURCE:
        name = f"{name.partition(',')[0]},…" if is_data else f"…/{file.filename}"
    if file.alt:
        name = f"{name} ({file.alt})"
    if len(meant) > 1:
        why = f"several attachments are called {file.filename}"
        return _fix(word, name, why, "Insert the right one of them")
    if meant:
        return _fix(word, name, _DESCRIPTION_ONLY, f"Insert the attached {meant[0].name}")
    if file.content is not None:
        return _fix(word, name, _DESCRIPTION_ONLY)
    return _fix(word, name, "its data cannot be read" if is_data else "the ticket does not bring the file along")


def _fix(word: str, name: str, why: str, action: str = "Attach the file to the issue and insert it") -> ManualFix:
    return ManualFix(
        ManualFixKind.ATTACHMENT_FAILED,
        field=word,
        asked_for=f"{shown(name)} shown in place",
        done_instead=f"nothing is shown there, because {why}",
        recommended_action=f"{action} in {'the description' if word == 'description' else word}.",
    )

"""Batch files that callers send: kept with their attachments, read, and made the caller's own."""

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath

from anyio import to_thread
from fastapi import UploadFile

from app.access import Caller
from app.engine import Engine
from jira_session_export import Session, load_batch
from jira_session_export.errors import BatchFileError, SessionNotFoundError


async def load_upload(
    engine: Engine, caller: Caller, file: UploadFile, attachments: Sequence[UploadFile], project_key: str | None
) -> Session:
    """The session in an uploaded batch file, stored.

    Tickets name attachments by their file names; these are kept for the export, everything else is thrown away.

    Raises:
        BatchFileError: the file cannot be read as a session, or an attachment has no usable name.
        InputError: the caller has another session of this name that has been exported.
    """
    folder = engine.settings.uploads / str(engine.jira.runtime.new_id())
    keep = False
    try:
        path = await to_thread.run_sync(_write, folder, file, attachments)
        try:
            session = await _read(engine, caller, path, project_key)
        except BatchFileError as exc:
            raise _without_folder(exc, folder) from exc
        await engine.jira.put(session)
        keep = any(ticket.attachments for ticket in session.tickets)
    finally:
        if not keep:
            await to_thread.run_sync(partial(shutil.rmtree, folder, ignore_errors=True))
    return session


async def _read(engine: Engine, caller: Caller, path: Path, project_key: str | None) -> Session:
    read = partial(load_batch, path, project_key=project_key, confine_attachments=True)
    session = await to_thread.run_sync(read)
    if caller.name is None:
        return session
    # Two callers may load files of the same name: each gets a session of their own, and none learns of the other's.
    if await _owner(engine, session) != caller.name:
        session_name = f"{caller.name}/{session.id}"
        own = await to_thread.run_sync(partial(read, session_name=session_name))
        session = own.model_copy(update={"name": session.name})
    return session.model_copy(update={"owner": caller.name})


async def _owner(engine: Engine, session: Session) -> str | None:
    try:
        return (await engine.store.state(session.id)).owner
    except SessionNotFoundError:
        return None


def _write(folder: Path, file: UploadFile, attachments: Sequence[UploadFile]) -> Path:
    folder.mkdir(parents=True)
    for upload in (file, *attachments):
        path = folder / _plain_name(upload)
        if path.exists():
            raise BatchFileError("was sent twice", path=path.name, recovery_actions=["Send each file once."])
        with path.open("xb") as target:
            shutil.copyfileobj(upload.file, target)
    return folder / _plain_name(file)


def _plain_name(upload: UploadFile) -> str:
    """The file's name without folders, whatever system it comes from."""
    name = PureWindowsPath(PurePosixPath(upload.filename or "").name).name
    if not name.strip(". ") or not name.isprintable() or len(name.encode()) > 255:
        raise BatchFileError(
            "has no usable name", path=repr(upload.filename), recovery_actions=["Rename the file and send it again."]
        )
    return name


def _without_folder(error: BatchFileError, folder: Path) -> BatchFileError:
    """The error in the caller's words: where the file lies here is nobody's business."""

    def shown(text: str) -> str:
        return text.replace(f"{folder.resolve()}/", "").replace(f"{folder}/", "")

    path = shown(error.path)
    problem = shown(error.user_message).removeprefix(path).removeprefix(f", {error.where}").removeprefix(": ")
    actions = [shown(action) for action in error.recovery_actions]
    return BatchFileError(problem, path=path, where=error.where, recovery_actions=actions)

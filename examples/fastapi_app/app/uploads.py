"""Batch files that callers send: kept with their attachments, read, and made the caller's own."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from anyio import CancelScope, to_thread
from fastapi import UploadFile

from app.access import Caller
from app.engine import Engine
from app.files import DiskFullError, is_full, mark_folder, remove_unused
from app.received import ReceivedFile, place_as_named, store_received
from jira_session_export import JiraSessionExportError, Session, load_batch
from jira_session_export.errors import BatchFileError, BatchProblem, SessionNotFoundError
from jira_session_export.storage.attachments import AttachmentStorage, store_attachments, stored_paths


async def load_upload(
    engine: Engine, caller: Caller, file: UploadFile, attachments: Sequence[UploadFile], project_key: str | None
) -> Session:
    """The session in an uploaded batch file, stored.

    What its tickets attach is kept for the export; an upload without attachments leaves nothing behind.

    Raises:
        BatchFileError: the file cannot be read as a session, or an attachment has no usable name.
        InputError: the caller has another session of this name that has been exported.
    """
    folder = engine.settings.uploads / str(engine.jira.runtime.new_id())
    keep = False
    try:
        # By turns and in one of a few threads: of many that read at once, each would wait for all the others.
        path = await engine.work.run(_store, folder, file, attachments, engine.settings.max_upload_bytes)
        try:
            session = await _read_with_files(engine, caller, path, project_key)
        except BatchFileError as exc:
            raise _in_callers_words(exc, path.parent) from exc
        session = await _put(engine, session, path if path.is_dir() else path.parent)
        engine.updates.nudge(session.id)
        used = {attachment.path for ticket in session.tickets for attachment in ticket.attachments}
        keep = bool(used) and not isinstance(engine.jira.attachments, AttachmentStorage)
        if keep:
            await to_thread.run_sync(mark_folder, folder, session.id)
        await remove_unused(engine.settings.uploads, session.id, used=used)
    except OSError as exc:
        if is_full(exc):
            raise DiskFullError("The disk is full, so nothing was kept.") from exc
        raise
    finally:
        if not keep:
            await to_thread.run_sync(partial(shutil.rmtree, folder, ignore_errors=True))
    return session


async def _put(engine: Engine, session: Session, folder: Path) -> Session:
    """Store the session, and its files where all workers find them, if that is not here.

    Returns:
        The session as it was stored.
    """
    storage = engine.jira.attachments
    if not isinstance(storage, AttachmentStorage):
        await engine.jira.put(session)
        return session
    try:
        session = await store_attachments(session, storage, relative_to=folder)
        await engine.jira.put(session)
    except BaseException:
        with CancelScope(shield=True), suppress(JiraSessionExportError):
            await storage.remove(session.id, keep=await _kept(engine, session))
        raise
    await storage.remove(session.id, keep=stored_paths(session))
    return session


async def _kept(engine: Engine, session: Session) -> Sequence[str]:
    """The files of what is stored under that id."""
    try:
        return stored_paths(await engine.store.session(session.id))
    except SessionNotFoundError:
        return ()


async def _read_with_files(engine: Engine, caller: Caller, path: Path, project_key: str | None) -> Session:
    try:
        return await _read(engine, caller, path, project_key)
    except BatchFileError:
        # Perhaps the files were chosen one by one, and so came without the folders that tickets name them with.
        if not await to_thread.run_sync(place_as_named, path):
            raise
        return await _read(engine, caller, path, project_key)


async def _read(engine: Engine, caller: Caller, path: Path, project_key: str | None) -> Session:
    read = partial(load_batch, path, project_key=project_key, confine_attachments=True)
    session = await engine.work.run(read)
    if caller.name is None:
        return session
    # Two callers may load files of the same name: each gets a session of their own, and none learns of the other's.
    if await _owner(engine, session) != caller.name:
        session_name = f"{caller.name}/{session.id}"
        own = await engine.work.run(read, session_name=session_name)
        session = own.model_copy(update={"name": session.name})
    return session.model_copy(update={"owner": caller.name})


async def _owner(engine: Engine, session: Session) -> str | None:
    try:
        return (await engine.store.state(session.id)).owner
    except SessionNotFoundError:
        return None


def _store(folder: Path, file: UploadFile, attachments: Sequence[UploadFile], max_bytes: int) -> Path:
    batch, *others = (ReceivedFile(upload.filename or "", upload.file) for upload in (file, *attachments))
    return store_received(folder, batch, others, max_bytes=max_bytes)


def _in_callers_words(error: BatchFileError, folder: Path) -> BatchFileError:
    """The error as a caller understands it: where the file lies here is nobody's business, and there are no options."""

    def shown(text: str) -> str:
        text = text.replace(f"{folder.resolve()}/", "").replace(f"{folder}/", "")
        return text.replace("with --project", "in the field Project key (project_key)")

    path = shown(error.path)
    problem = shown(error.user_message).removeprefix(path).removeprefix(f", {error.where}").removeprefix(": ")
    return BatchFileError(
        problem,
        path=path,
        where=error.where,
        recovery_actions=[shown(action) for action in error.recovery_actions],
        problems=[BatchProblem(each.where, shown(each.problem), shown(each.action)) for each in error.problems],
        problem_count=error.problem_count,
    )

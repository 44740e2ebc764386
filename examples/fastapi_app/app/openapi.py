"""The OpenAPI document: what FastAPI cannot know is added here."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from app.examples import EXAMPLES
from jira_session_export.api import ExportCompleteMessage, ExportFailedMessage, ExportProgressMessage

MESSAGES = (ExportProgressMessage, ExportCompleteMessage, ExportFailedMessage)
BROWSERS = (
    "Browsers send their token as the subprotocol `jira-session-export.bearer.<token, base64url>` beside "
    "`jira-session-export`."
)
CLOSE_CODES = {
    "1013": "The database does not answer; try again later.",
    "4401": "A token is missing or unknown.",
    "4403": "Pages of this origin may not listen.",
    "4404": "There is no such session, or it is somebody else's.",
}
REFERENCE = "#/components/schemas/{model}"

DESCRIPTION = """\
Reviewed tickets go in, Jira issues come out: each exactly once.

Every error has the same body, `ErrorResponse`: a stable `code`, who can do something about it, what went wrong in plain
words, and what to do now. Malformed requests are the one exception: they get `MalformedRequest`.

Progress is told over the WebSocket `/api/jira/export/progress/{session_id}` (see `x-websockets`).
"""


def operation_id(route: APIRoute) -> str:
    """The name of an operation: that of its function, `start_export`, which is what generated clients call it."""
    return route.name


def describe(app: FastAPI) -> None:
    """Have `app` tell its whole interface."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the documented way to extend it


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    components = document.setdefault("components", {})
    _, definitions = models_json_schema([(model, "serialization") for model in MESSAGES], ref_template=REFERENCE)
    schemas = components.setdefault("schemas", {})
    schemas.update(definitions["$defs"])
    for name in schemas.keys() & EXAMPLES.keys():
        schemas[name]["examples"] = [EXAMPLES[name]]
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A token of `JSE_API_TOKEN`, if any is set."}
    }
    for path, operations in document["paths"].items():
        if path.startswith("/api/"):
            for operation in operations.values():
                operation["security"] = [{"bearer": []}, {}]
    document["x-websockets"] = {
        "/api/jira/export/progress/{session_id}": {
            "description": (
                "The present state at once, then every change; the last one is `export_complete` or `export_failed`. "
                f"{BROWSERS}"
            ),
            "messages": [{"$ref": REFERENCE.format(model=model.__name__)} for model in MESSAGES],
            "close_codes": {"1000": "After the last message.", **CLOSE_CODES},
        },
        "/api/jira/session-updates/{session_id}": {
            "description": (
                "The whole session at once, then again whenever something of it has changed, also after its export; "
                "it ends when the session is deleted (4404). After 15 seconds without a change there is a message "
                f"`sign_of_life` without further members. {BROWSERS}"
            ),
            "messages": [{"$ref": REFERENCE.format(model="SessionUpdate")}],
            "close_codes": CLOSE_CODES,
        },
    }
    return document

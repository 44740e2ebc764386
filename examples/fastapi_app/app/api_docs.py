"""`/docs`: the OpenAPI document to read and to try, with Swagger UI served from here."""

from importlib.resources import as_file, files
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).parent / "static"


def add_api_docs(app: FastAPI) -> None:
    """Serve Swagger UI at `/docs`.

    FastAPI's own page loads its scripts from another site and has an inline script, which the policy of this service
    forbids. The package fastapi-offline carries the scripts; the page around them is ours.
    """
    # A wheel is unpacked when it is installed, so this is the folder itself.
    with as_file(files("fastapi_offline") / "static") as bundle:
        app.mount("/docs/swagger-ui", StaticFiles(directory=bundle), name="swagger-ui")

    @app.get("/docs", include_in_schema=False)
    async def api_docs() -> FileResponse:
        return FileResponse(STATIC / "docs.html", headers={"Cache-Control": "no-cache"})

"""Answers that are made away from the event loop."""

from fastapi import Response
from pydantic import BaseModel


def as_json(model: BaseModel) -> Response:
    """The model as an answer; the framework would turn it into JSON on the event loop, and check it once more."""
    return Response(model.model_dump_json(), media_type="application/json")

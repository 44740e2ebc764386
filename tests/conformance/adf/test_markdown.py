"""Markdown becomes valid documents that say all it says."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jira_session_export.adf.check import check_adf
from jira_session_export.adf.markdown import convert_markdown
from jira_session_export.adf.options import ConversionOptions
from tests.conformance.adf.conftest import without_white_space
from tests.conformance.adf.reading import text_of

pytestmark = [pytest.mark.node, pytest.mark.timeout(400)]

WHOLE = ConversionOptions(max_text_length=None)
BODIES = sorted((Path(__file__).parent / "bodies").glob("*.md"))


def test_specification(specification: Any, engines: Any) -> None:
    wrong = []
    for example in specification:
        conversion = convert_markdown(example.markdown, WHOLE)
        refusals = engines.refusals(conversion.document) | {"check_adf": problem for problem in check_adf(conversion.document)}
        said = without_white_space(text_of(conversion.document))
        meant = engines.visible_text(example.html)
        if refusals or said != meant:
            wrong.append((example.name, example.markdown, refusals, said, meant))
    assert len(specification) > 600
    assert not wrong, "\n".join(map(repr, [len(wrong), *wrong[:20]]))

from typing import Any

from jira_session_export._jira.wire import FieldMetadata, Sprint
from jira_session_export._mapping.fields import resolve
from jira_session_export._mapping.metadata import Found

GREENHOPPER = "com.pyxis.greenhopper.jira:"


def resolved(kit: Any, field: FieldMetadata, wanted: Any, metadata: Any = None) -> tuple[Any, list[str]]:
    resolution = resolve(field, "word", wanted, metadata or kit.metadata(), kit.document)
    assert all(fix.field == "word" and fix.recommended_action for fix in resolution.fixes)
    return resolution.value, [fix.done_instead for fix in resolution.fixes]


def test_a_sprint_that_was_looked_up_and_is_not_there(kit: Any) -> None:
    field = kit.field("s", "array", custom=GREENHOPPER + "gh-sprint")
    asked = kit.metadata().with_lookups(
        Found(sprints={99: None, 98: Sprint(id=98, name="Other board", state="active")})
    )
    assert resolved(kit, field, 99, asked)[0] is None
    assert resolved(kit, field, 98, asked) == (98, [])
    assert resolved(kit, field, "other BOARD", asked) == (98, [])


def test_no_open_sprint_at_all(kit: Any) -> None:
    field = kit.field("s", "array", custom=GREENHOPPER + "gh-sprint")
    assert "there is no open sprint" in resolved(kit, field, "X", kit.metadata(sprints=()))[1][0]

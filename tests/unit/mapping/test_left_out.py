from jira_session_export._adf import convert_html
from jira_session_export._mapping.left_out import MOST_FIXES, left_out_fixes
from jira_session_export._values import ManualFixKind


def test_what_no_document_holds_leaves_a_manual_fix_that_names_it() -> None:
    text = convert_html('<p title="hint">a</p><x-chart of="uptime"></x-chart><x-chart of="uptime"></x-chart>')
    (fix,) = left_out_fixes(text, "description")
    assert (fix.kind, fix.field, fix.asked_for) == (
        ManualFixKind.CONTENT_LEFT_OUT,
        "description",
        '<x-chart of="uptime">',
    )
    assert fix.recommended_action == "Write what it says into the description, or attach a picture of it."


def test_many_are_counted() -> None:
    text = convert_html("".join(f'<x-chart of="c{n}"></x-chart>' for n in range(MOST_FIXES + 5)))
    fixes = left_out_fixes(text, "Notes")
    assert len(fixes) == MOST_FIXES + 1
    assert fixes[-1].asked_for == "5 more of its kind"
    assert fixes[-1].recommended_action.startswith("Write what it says into Notes")

from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import ValidationError

from jira_session_export._models import Attachment, Session, Ticket, session_id_from, ticket_id_from

SESSION = UUID(int=9)


def ticket(number: int = 1, **fields: object) -> Ticket:
    return Ticket.model_validate({"id": UUID(int=number), "order": number, "title": f"Ticket {number}", **fields})


def test_ids_from_strings_never_change() -> None:
    assert session_id_from("backlog", "DEMO") == UUID("90860250-6be0-5f0b-9b6a-d934cae2ed2b")
    assert session_id_from("backlog", "DEMO") != session_id_from("backlog", "OTHER")
    assert ticket_id_from(SESSION, "1") == ticket_id_from(SESSION, "1")
    assert ticket_id_from(SESSION, "1") != ticket_id_from(UUID(int=8), "1")


def test_an_id_that_is_a_uuid_stays_itself() -> None:
    assert ticket_id_from(SESSION, str(UUID(int=3))) == UUID(int=3)


def test_only_a_title_is_needed_beside_id_and_order() -> None:
    assert ticket().issue_type is None
    with pytest.raises(ValidationError, match="title"):
        Ticket.model_validate({"id": UUID(int=1), "order": 1, "title": "  "})


def test_one_description_at_most() -> None:
    with pytest.raises(ValidationError, match="not both"):
        ticket(description_html="<p>", description_markdown="x")


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError, match="titel"):
        ticket(titel="x")


def test_a_path_is_an_attachment() -> None:
    (attachment,) = ticket(attachments=["files/log.txt"]).attachments
    assert attachment == Attachment(path=Path("files/log.txt"))
    assert attachment.name == "log.txt"
    assert Attachment(path=Path("x/y.bin"), filename="report.pdf").name == "report.pdf"


def test_decimals_keep_their_digits() -> None:
    given = {"Release": Decimal("1.10"), "list": [Decimal("2.0")], "odd": Decimal("NaN")}
    first = ticket(custom_fields=given)
    for fields in (first.custom_fields, Ticket.model_validate_json(first.model_dump_json()).custom_fields):
        assert (str(fields["Release"]), fields["Release"]) == ("1.10", 1.1)
        assert (str(fields["list"][0]), fields["odd"]) == ("2.0", "NaN")


def test_dependencies_count_once() -> None:
    assert ticket(2, depends_on=[UUID(int=1), UUID(int=1)]).depends_on == (UUID(int=1),)


def test_ids_and_orders_are_unique_in_a_session() -> None:
    Session(id=SESSION, project_key="DEMO", tickets=(ticket(1), ticket(2)))
    with pytest.raises(ValidationError, match="used twice"):
        Session(id=SESSION, project_key="DEMO", tickets=(ticket(1), ticket(1)))
    with pytest.raises(ValidationError, match="same order 1"):
        Session(id=SESSION, project_key="DEMO", tickets=(ticket(1), ticket(2, order=1)))


@pytest.mark.parametrize("key", ["demo", "1A", "", "DE MO"])
def test_a_project_key_looks_like_one(key: str) -> None:
    with pytest.raises(ValidationError):
        Session(id=SESSION, project_key=key, tickets=())

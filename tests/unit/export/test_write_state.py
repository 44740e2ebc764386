import pytest

from jira_session_export._export.write_state import WriteState


async def nothing() -> None:
    pass


async def refuse() -> None:
    raise LookupError("no longer ours")


async def test_what_is_not_known_to_be_in_vain_may_be_under_way() -> None:
    sending = WriteState(nothing)
    assert sending.under_way
    await sending.before_send()
    assert sending.under_way
    sending.on_not_sent()
    assert not sending.under_way
    await sending.before_send()
    assert sending.under_way


async def test_what_was_prevented_is_not_under_way() -> None:
    sending = WriteState(refuse)
    sending.on_not_sent()
    with pytest.raises(LookupError):
        await sending.before_send()
    assert not sending.under_way

from tests.unit.adf.building import doc, p

from jira_session_export._adf.spaces import release_spaces


def released(*texts):
    document = doc(*(p(text) for text in texts))
    release_spaces(document)
    return [paragraph["content"][0]["text"] for paragraph in document["content"]]


def test_all_spaces_are_made_plain_when_no_other_is_there():
    assert released("one\xa0two\xa0three") == ["one two three"]
    assert released("one\xa0two", "three\xa0four") == ["one two", "three four"]


def test_one_no_break_space_stays():
    assert released("10\xa0kg") == ["10\xa0kg"]
    assert released("one\xa0two\xa0three", "four five") == ["one\xa0two\xa0three", "four five"]


def test_a_row_of_them_stays():
    assert released("one\xa0\xa0two\xa0three\xa0four") == ["one\xa0\xa0two three four"]

from jira_session_export._adf.marks import Marks

LINK = {"href": "https://a"}


def plus(*names):
    marks = Marks()
    for name in names:
        marks, _ = marks.plus(name, LINK if name == "link" else None)
    return [mark["type"] for mark in marks.json or ()]


def test_equal_combinations_are_one_object():
    marks = Marks()
    assert marks.plus("strong")[0] is marks.plus("strong")[0]
    assert marks.plus("link", LINK)[0] is marks.plus("link", {"href": "https://a"})[0]


def test_order_does_not_matter():
    assert plus("strong", "em", "link") == plus("link", "strong", "em") == ["link", "em", "strong"]


def test_the_inner_of_one_type_wins():
    marks = Marks().plus("textColor", {"color": "#ff0000"})[0].plus("textColor", {"color": "#00ff00"})[0]
    assert marks.json == [{"type": "textColor", "attrs": {"color": "#00ff00"}}]


def test_a_link_beats_code_and_code_beats_formatting():
    assert plus("code", "link") == plus("link", "code") == ["link"]
    assert plus("strong", "code") == plus("code", "strong") == ["code"]


def test_what_gives_way_is_told():
    assert Marks().plus("code")[0].plus("em")[1] == "em"
    assert Marks().plus("em")[0].plus("code")[1] == "em"
    assert Marks().plus("em")[0].plus("strong")[1] is None


def test_what_text_cannot_bear_is_refused():
    for name, attrs in (
        ("alignment", {"align": "end"}),
        ("blink", None),
        ("link", None),
        ("textColor", {"color": "red"}),
        ("textColor", {"color": ["#ff0000"]}),
    ):
        assert Marks().plus(name, attrs) is None


def test_taking_a_mark_away():
    marks = Marks().plus("em")[0].plus("strong")[0]
    assert marks.minus("em").json == [{"type": "strong"}]
    assert marks.minus("code") is marks

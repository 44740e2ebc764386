from jira_session_export._adf.tables import normalise_rows


def row(*spans):
    cells = [
        {"type": "tableCell", "attrs": dict(span), "content": []} if span else {"type": "tableCell", "content": []}
        for span in spans
    ]
    return {"type": "tableRow", "content": cells}


def shape(rows):
    return [[tuple(cell.get("attrs", {}).items()) for cell in row["content"]] for row in rows]


def test_spans_that_fit_stay():
    rows = [row({"colspan": 2}, {}), row({}, {}, {})]
    normalise_rows(rows)
    assert shape(rows) == [[(("colspan", 2),), ()], [(), (), ()]]


def test_a_span_is_cut_to_the_table_and_one_of_a_single_column_is_none():
    rows = [row({"colspan": 500}), row({}, {"rowspan": 9})]
    normalise_rows(rows)
    assert shape(rows) == [[(("colspan", 2),)], [(), ()]]


def test_spans_from_above_count():
    rows = [row({"rowspan": 2}, {}), row({})]
    normalise_rows(rows)
    assert shape(rows) == [[(("rowspan", 2),), ()], [()]]


def test_one_long_row_does_not_blow_up_the_short_ones():
    rows = [row(*[{}] * 1000), *(row({}) for _ in range(1000))]
    normalise_rows(rows)
    assert sum(len(one["content"]) for one in rows) == 2000


def test_filled_rows_take_the_kind_of_their_last_cell():
    rows = [row({}, {}), row({})]
    rows[1]["content"][0]["type"] = "tableHeader"
    normalise_rows(rows)
    assert rows[1]["content"][1]["type"] == "tableHeader"

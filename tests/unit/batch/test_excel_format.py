"""Excel workbooks, made by openpyxl and, where it cannot, by hand."""

import contextlib
import io
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jira_session_export._batch import BatchLimits, load_batch
from jira_session_export._batch.excel_cells import shown
from jira_session_export.errors import BatchFileError


def workbook(*rows, title="Tickets", change=lambda book: None):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def rezipped(data, edit):
    """The package with its parts changed: `edit(name, bytes)` gives bytes, or None to leave a part out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            changed = edit(part.filename, old.read(part))
            if changed is not None:
                new.writestr(part.filename, changed)
    return out.getvalue()


@pytest.fixture
def read(write):
    def load(data, name="b.xlsx", **options):
        return load_batch(write(name, data), **{"project_key": "ABC", **options})

    return load


@pytest.fixture
def refuse(read):
    def refused(data, **options):
        with pytest.raises(BatchFileError) as caught:
            read(data, **options)
        assert caught.value.recovery_actions
        return caught.value

    return refused


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (1.1, "0.00", "1.10"), (1, "General", "1"), (1.0, "General", "1"), (1.5, "General", "1.5"), (0.1 + 0.2, "General", "0.3"),
        (7, "000", "007"), (1234.5, "#,##0.00", "1234.50"), (1234.5, '#,##0.00 "€"', "1234.50"), (-3, "0;[Red]-0", "-3"),
        (0.15, "0%", "15%"), (0.155, "0.0%", "15.5%"), (2.5, "0", "3"), (1 / 3, "0.00", "0.33"), (12, "@", "12"), (0.5, "# ?/?", "0.5"),
        (1e15, "General", "1000000000000000"), (1e22, "General", "1e+22"), (12345678901, "0.00E+00", "12345678901"), (1.25, "0.0#", "1.25"),
        (True, "General", "true"), (False, "0", "false"), ("1.10", "General", "1.10"), (None, "0.00", ""), (10**20, "General", "1" + "0" * 20),
        (datetime(2026, 3, 31), "dd/mm/yyyy", "2026-03-31"), (datetime(2026, 3, 31, 9, 30), "d.m.yy hh:mm", "2026-03-31T09:30:00"),
        (date(2026, 3, 31), "d.m.yy", "2026-03-31"), (time(9, 30), "hh:mm", "09:30:00"), (timedelta(hours=27, minutes=5), "[h]:mm", "27:05:00"),
        (-0.0, "0", "0"), (0.004, "0.00", "0.00"), (-0.004, "0.00", "0.00"),
    ],
)  # fmt: skip
def test_numbers_and_dates_as_shown(value, number_format, text):
    assert shown(value, number_format) == text


def test_a_sheet_is_a_batch(read):
    def change(book):
        sheet = book.active
        sheet["C2"].number_format = "0.00"
        sheet["D2"].number_format = "dd/mm/yyyy"

    data = workbook(
        [
            "id",
            "Title",
            "fix_versions",
            "Due date",
            "Story Points",
            "labels",
            "custom_fields.Team",
            "custom_fields.Areas[]",
        ],
        ["a", "Offer slots", 1.1, datetime(2026, 3, 31), 3.0, "x; y", "Web", "north; south"],
        [],
        [2, "Page\nnew", None, None, 0.5, None, True, None],
        [None, None, " "],
        change=change,
    )
    first, second = read(data).tickets
    assert (first.title, first.fix_versions, first.due_date, first.story_points) == (
        "Offer slots",
        ("1.10",),
        date(2026, 3, 31),
        3.0,
    )
    assert (first.labels, first.custom_fields) == (("x", "y"), {"Team": "Web", "Areas": ["north", "south"]})
    assert (second.title, second.story_points, second.custom_fields) == ("Page\nnew", 0.5, {"Team": "true"})


def test_problems_name_their_rows(refuse):
    error = refuse(workbook(["title", "due_date", "asignee"], ["A", "x", None], [], ["B", None, "Ann"]))
    assert "row 2 'A', field due_date: 'x' is no date" in error.user_message
    assert "first row: has an unknown column 'asignee'" in error.user_message
    assert "Rename 'asignee' to 'assignee', or remove it." in error.recovery_actions


def test_the_sheet_can_be_chosen(read, refuse):
    def change(book):
        book.create_sheet("Hidden").sheet_state = "hidden"
        other = book.create_sheet("Second one")
        other.append(["title"])
        other.append(["From the second"])
        book.move_sheet("Hidden", -1)

    data = workbook(["title"], ["From the first"], change=change)
    told = []
    assert read(data, tell=told.append).tickets[0].title == "From the first"
    assert "Of 2 sheets" in told[0] or "Of 2 sheets" in " ".join(told)
    for name in ("Second one", "second ONE ", 3, "3"):
        assert read(data, sheet=name).tickets[0].title == "From the second"
    assert refuse(data, sheet="Secnd one").recovery_actions == ("Did you mean 'Second one'?",)
    assert "has no sheet '9'" in refuse(data, sheet=9).user_message
    assert "is empty" in refuse(data, sheet="Hidden").user_message


def test_hidden_rows_and_columns_are_left_out_and_told(read):
    def change(book):
        book.active.row_dimensions[3].hidden = True
        book.active.column_dimensions["B"].hidden = True

    told = []
    data = workbook(["title", "helper", "labels"], ["A", 1, "x"], ["B", 2, "y"], ["C", 3, "z"], change=change)
    session = read(data, tell=told.append)
    assert [(ticket.title, ticket.labels) for ticket in session.tickets] == [("A", ("x",)), ("C", ("z",))]
    assert "1 hidden row of the sheet 'Tickets' left out" in told[0]
    assert "1 hidden column" in told[1]


def test_without_anybody_to_tell_it_is_logged(read, caplog):
    data = workbook(["title"], ["A"], ["B"], change=lambda book: setattr(book.active.row_dimensions[2], "hidden", True))
    read(data)
    assert "1 hidden row" in caplog.text


def test_merged_cells_are_one_value(read):
    def change(book):
        book.active.merge_cells("B2:B3")
        book.active.merge_cells("C4:D4")

    data = workbook(
        ["title", "sprint", "labels", "components"],
        ["A", "S1", "x", "p"],
        ["B", None, "y", "q"],
        ["C", "S2", "z", None],
        change=change,
    )
    first, second, third = read(data).tickets
    assert (first.sprint, second.sprint, third.sprint) == ("S1", "S1", "S2")
    assert (third.labels, third.components) == (("z",), ())


def test_a_title_above_the_names_of_columns(read, refuse):
    told = []
    data = workbook(
        ["Sprint 12"], [], ["title", "labels"], ["A", "x"], change=lambda book: book.active.merge_cells("A1:B1")
    )
    assert read(data, tell=told.append).tickets[0].labels == ("x",)
    assert "1 row above the names of the columns left out" in told[0]
    merged = workbook(["title", None], ["A", "x"], change=lambda book: book.active.merge_cells("A1:B1"))
    assert "has a name over several columns ('title')" in refuse(merged).user_message


SHARED = (
    b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si>'
    b'<r><t xml:space="preserve">Slots begin on the </t></r><r><rPr><b/></rPr><t>quarter &lt;hour&gt;</t></r>'
    b'<r><t xml:space="preserve">\nand </t></r><r><rPr><i/><strike/></rPr><t>end</t></r></si></sst>'
)
OVERRIDE = (
    b'<Override PartName="/xl/sharedStrings.xml" '
    b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)


def with_shared(data, strings):
    """The workbook with its cells `SHARED` in the table of strings, as Excel writes all of them; openpyxl does not."""

    def edit(name, part):
        if name == "[Content_Types].xml" and b"sharedStrings" not in part:
            return part.replace(b"</Types>", OVERRIDE)
        return part.replace(b't="inlineStr"><is><t>SHARED</t></is>', b't="s"><v>0</v>') if "sheet1" in name else part

    out = io.BytesIO(rezipped(data, edit))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", strings)
    return out.getvalue()


def test_formatted_text_is_html_where_html_is_wanted(read):
    data = with_shared(workbook(["title", "description_html"], ["SHARED", "SHARED"]), SHARED)
    (ticket,) = read(data).tickets
    assert ticket.title == "Slots begin on the quarter <hour>\nand end"
    assert ticket.description_html == "<p>Slots begin on the <b>quarter &lt;hour&gt;</b><br>and <s><i>end</i></s></p>"


def test_formatting_that_openpyxl_does_not_tell_is_told(read):
    told = []
    rich = b"<is><r><t>plain </t></r><r><rPr><b/></rPr><t>bold</t></r></is>"
    data = rezipped(workbook(["title"], ["RICH"]), lambda name, part: part.replace(b"<is><t>RICH</t></is>", rich))
    assert read(data, tell=told.append).tickets[0].title == "plain bold"
    assert "The formatting of 1 cell could not be read" in told[0]


def test_formulas_give_their_result_or_a_problem(read, refuse):
    data = workbook(["title", "story_points"], ["A", "=1+1"])
    error = refuse(data)
    assert (error.where, "has a formula whose result is not in the file" in error.user_message) == ("cell B2", True)
    with_result = rezipped(
        data,
        lambda name, part: (
            part.replace(b"<v />", b"<v>2</v>").replace(b"<v></v>", b"<v>2</v>").replace(b"<v/>", b"<v>2</v>")
        ),
    )
    assert read(with_result).tickets[0].story_points == 2
    broken = rezipped(
        data,
        lambda name, part: (
            part.replace(b"<f>1+1</f><v />", b"<v>#REF!</v>").replace(b'r="B2"', b'r="B2" t="e"')
            if "sheet1" in name
            else part
        ),
    )
    assert "has the error '#REF!' in it" in refuse(broken).user_message


def test_what_excel_escapes(read):
    data = workbook(["title", "description_markdown"], ["A", "one_x000D_\ntwo_x0009_three"])
    assert read(data).tickets[0].description_markdown == "one\ntwo\tthree"


def test_jiras_names_and_a_mapping_work_in_a_workbook(read):
    data = workbook(["Summary", "Issue key", "Labels", "Labels"], ["A", "D-1", "x", "y"])
    assert read(data).tickets[0].labels == ("x", "y")
    data = workbook(["What", "Who"], ["A", "Maria"])
    mapping = {"columns": {"What": "title", "Who": "assignee"}, "people": {"maria": "m@example.com"}}
    assert read(data, mapping=mapping).tickets[0].assignee == "m@example.com"


# -- what is none ----------------------------------------------------------------------------------------------------


def test_files_that_are_no_workbooks(refuse):
    good = workbook(["title"], ["A"])
    for data in (b"", b"title\nA\n", b"PK\x03\x04 nothing", good[: len(good) // 2], rezipped(good, lambda name, part: None if "sheet1" in name else part),
                 rezipped(good, lambda name, part: part[:-30] if "sheet1.xml" in name else part), rezipped(good, lambda name, part: b"<x>" if "styles" in name else part)):  # fmt: skip
        assert "is no Excel workbook, or is damaged" in refuse(data).user_message
    assert "is empty" in refuse(workbook()).user_message


def test_a_bomb_is_refused_before_it_is_unpacked(refuse):
    bomb = rezipped(
        workbook(["title"], ["A"]), lambda name, part: part + b"\n" * 3_000_000 if "sheet1" in name else part
    )
    assert len(bomb) < 20_000
    assert "unpacked: has more than 2 MB" in refuse(bomb, limits=BatchLimits(max_bytes=2_000_000)).user_message


def test_cells_and_tickets_have_limits(refuse):
    data = workbook(["title"], *(["A"] for _ in range(50)))
    assert "has more than 40 values" in refuse(data, limits=BatchLimits(max_values=40)).user_message
    assert "has more than 40 cells" in refuse(data, limits=BatchLimits(max_values=20)).user_message
    assert "has more than 20 tickets" in refuse(data, limits=BatchLimits(max_tickets=20)).user_message
    wide = rezipped(data, lambda name, part: part.replace(b"A1:A51", b"A1:XFD1048576") if "sheet1" in name else part)
    assert "the same title" in refuse(wide).user_message  # what the file says of its size is not believed


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_document_type_is_refused(refuse, encoding):
    declared = '<?xml version="1.0"?>' + " " * 65_530 + '<!DOCTYPE x [<!ENTITY a "aaaa">]><sst/>'
    data = with_shared(workbook(["title"], ["A"]), declared.encode(encoding))
    assert "it declares a document type" in refuse(data).user_message


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.data())
def test_damaged_workbooks_are_batches_or_refused(read, data):
    good = workbook(["title", "order", "due_date"], ["A", 1, datetime(2026, 1, 1)], ["B", 2, None])
    place = data.draw(st.integers(0, 200))

    def damage(name, part):
        if data.draw(st.integers(0, 4)) or not part:
            return part
        at = place % len(part)
        return (
            part[:at]
            + data.draw(st.sampled_from([b"", b"<", b"9" * 30, b'"', b"\0", b"<c r='Q'>"]))
            + part[at + data.draw(st.integers(0, 9)) :]
        )

    with contextlib.suppress(BatchFileError):
        read(rezipped(good, damage))


@given(
    st.floats(allow_nan=False),
    st.sampled_from(
        [
            "0",
            "0.00",
            "General",
            "0%",
            "#",
            "0.00E+00",
            "#,##0.###",
            '"x"0',
            "",
            ";;;",
            "[$-409]0",
            "0" * 300 + "." + "0" * 300,
        ]
    ),
)
def test_any_number_in_any_format(value, number_format):
    assert isinstance(shown(value, number_format), str)

import unicodedata

import pytest

from jira_session_export._printable import excerpt, lines, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Booking page", "Booking page"),
        ("Größe 漢字 🎉 עברית اسم", "Größe 漢字 🎉 עברית اسم"),
        ("👩‍👩‍👧 ক্‍ষ", "👩‍👩‍👧 ক্‍ষ"),  # joined by characters that nobody sees, but that are part of what is seen
        ("a\tb\nc\r\nd", "a b c  d"),
        ("a\u2028b\u2029c\x85d\x0be", "a b c d e"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x9b31m \x07 \x00 \x7f", "\\x9b31m \\x07 \\x00 \\x7f"),
        ("invoice\u202egnp.exe", "invoice\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_one_line(text, shown):
    assert one_line(text) == shown


def test_nothing_but_people_read_gets_through():
    everything = "".join(map(chr, [*range(0x3100), *range(0xE000, 0x10000), *range(0xE0000, 0xE0100)]))
    shown = one_line(everything)
    assert not [char for char in shown if unicodedata.category(char) in {"Cc", "Zl", "Zp", "Cs"}]
    assert not [
        char
        for char in shown
        if unicodedata.bidirectional(char) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    ]
    assert shown.encode()


def test_lines_keep_their_breaks_alone():
    assert lines("a\r\n\x1bb\u2028c") == "a \n\\x1bb c"


def test_an_excerpt():
    assert excerpt("a" * 100, 10) == repr("aaaaaaaaa…")
    assert excerpt("a\nb") == "'a\\nb'"

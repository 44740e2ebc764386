import pytest

from jira_session_export._adf.mathml import Part, linear


@pytest.mark.parametrize(
    ("tag", "pieces", "expected"),
    [
        ("mi", ["  x\n"], "x"),
        ("msup", [Part("10"), Part("3")], "10^3"),
        ("msup", [Part("a+b"), Part("n-1")], "(a+b)^(n-1)"),
        ("msub", [Part("x")], "x"),
        ("msup", [], ""),
        ("mfrac", [Part("1"), " ", Part("2")], "(1)/(2)"),
        ("mroot", [Part("x"), Part("3")], "root(3)(x)"),
        ("munderover", [Part("sum"), Part("i=1"), Part("n")], "sum_(i=1)^n"),
        ("mtable", [Part("1, 0"), Part("0, 1")], "[1, 0; 0, 1]"),
        ("semantics", [Part("x"), Part("x once more")], "x"),
        ("mphantom", [Part("x")], ""),
        ("mo", ["\u2062"], ""),
        ("mrow", [Part("a"), Part("+"), Part("b")], "a+b"),
    ],
)
def test_linear(tag, pieces, expected):
    assert linear(tag, pieces) == expected

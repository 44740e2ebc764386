import subprocess
import sys
from datetime import date

import pytest

from jira_session_export._batch import load_batch
from jira_session_export.errors import BatchFileError


@pytest.fixture
def yaml(write):
    return lambda text: load_batch(write("b.yaml", text), project_key="ABC")


@pytest.fixture
def refuse(yaml):
    def refused(text):
        with pytest.raises(BatchFileError) as caught:
            yaml(text)
        return caught.value

    return refused


def test_scalars_mean_what_people_meant(yaml):
    (ticket,) = yaml("""
tickets:
- id: 007
  title: Norway
  assignee: no
  labels: [on, 2024, 1.10, "3", 12:30, ~]
  due_date: 2025-06-30
  story_points: 2.5
  sprint: 12
  custom_fields: {Team: Web, 10010: 3, Ratio: .5, Ready: true, Note: "true", Empty: null}
""").tickets
    assert ticket.assignee == "no"
    assert ticket.labels == ("on", "2024", "1.10", "3", "12:30")
    assert (ticket.due_date, ticket.story_points, ticket.sprint) == (date(2025, 6, 30), 2.5, 12)
    assert ticket.custom_fields == {"Team": "Web", "10010": 3, "Ratio": 0.5, "Ready": True, "Note": "true"}


def test_numbers_are_kept_as_they_were_written(yaml):
    (ticket,) = yaml("""
tickets:
- title: A
  custom_fields: {a: 1.10, b: 1e3, c: +5, d: 2.0, e: -0, f: .5, g: 1., h: 01.50, i: 12e400x, j: 0x1F}
""").tickets
    written = {name: str(value) for name, value in ticket.custom_fields.items()}
    assert written == {
        "a": "1.10", "b": "1e3", "c": "+5", "d": "2.0", "e": "-0", "f": ".5", "g": "1.", "h": "01.50",
        "i": "12e400x", "j": "0x1F",
    }  # fmt: skip
    assert (ticket.custom_fields["b"], ticket.custom_fields["c"]) == (1000, 5)


@pytest.mark.parametrize("literal", [".nan", ".NaN", "-.inf", ".INF", "1e400", "-1.5e999", "9" * 400])
def test_a_number_that_jira_cannot_hold_is_a_problem_with_its_place(refuse, literal):
    error = refuse(f"tickets:\n- title: A\n  custom_fields:\n    x: {literal}\n")
    assert error.where == "ticket 1 (line 2) 'A', field custom_fields.x"
    assert f"{literal[:40]} is no number that Jira can hold; put it in quotes if it is text" in error.user_message


def test_block_scalars_and_anchors(yaml):
    first, second = yaml("""
tickets:
- &first
  title: A
  issue_type: Bug
  labels: &labels [a, b]
  description_markdown: |
    # Heading
    text
- <<: *first
  title: B
  labels: *labels
""").tickets
    assert first.description_markdown == "# Heading\ntext\n"
    assert (second.issue_type, second.labels, second.title) == ("Bug", ("a", "b"), "B")


def test_merging_a_list_takes_the_first_that_has_a_key(yaml):
    *_, last = yaml("""
- &a {title: A, issue_type: Bug}
- &b {title: B, issue_type: Story, priority: High}
- {<<: [*a, *b], title: C}
""").tickets
    assert (last.title, last.issue_type, last.priority) == ("C", "Bug", "High")


def test_problems_name_the_line(refuse):
    error = refuse("tickets:\n- title: A\n- title: B\n  due_date: x\n")
    assert error.where == "ticket 2 (line 3) 'B', field due_date"


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("", "", "is empty"),
        ("# nothing\n", "", "is empty"),
        ("tickets:\n- title: 'A\n", "line 3, column 1", "is not YAML"),
        ("tickets:\n\t- title: A\n", "line 2, column 1", "is not YAML"),
        ("tickets: \x07\n", "", "is not YAML"),
        ("a: 1\n---\nb: 2\n", "line 2", "a second document begins"),
        (
            "tickets:\n- title: !!python/object/apply:os.system [ls]\n",
            "line 2",
            "the tag !!python/object/apply:os.system",
        ),
        ("tickets:\n- title: !secret x\n", "line 2", "the tag !secret is not allowed"),
        ("tickets:\n- title: !!set {a, b}\n", "line 2", "the tag !!set"),
        ("- ? [a]\n  : b\n", "line 1", "a key must be text"),
        ("- title: *nothing\n", "line 1", "refers to no &nothing"),
        ("- &a [*a]\n", "line 1", "refers to itself"),
        ("- title: A\n  <<: text\n", "line 1", "'<<' takes in mappings only"),
        ("- title: A\n  title: B\n", "ticket 1 (line 1) 'B'", "'title' is given more than once"),
        ("[" * 200 + "]" * 200, "line 1", "nested too deeply"),
        ("[" * 100_000, "line 1, column 1001", "is not YAML: "),
    ],
)
def test_what_is_no_batch(refuse, text, where, says):
    error = refuse(text)
    assert error.where == where
    assert says in error.user_message


def test_aliases_cannot_multiply_without_end(refuse):
    levels = ["- &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"- &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert "has more than 500,000 values" in refuse("\n".join(levels)).user_message


def test_aliases_cannot_stand_for_more_text_than_a_database_should_hold(refuse):
    text = '- {title: A, description_html: &a "' + "x" * 100_000 + '"}\n'
    text += "".join(f"- {{title: t{n}, description_html: *a}}\n" for n in range(101))
    error = refuse(text)
    assert "its aliases stand for more than 10,000,000 characters" in error.user_message
    assert error.where == "line 102"


def test_without_pyyaml_the_message_says_what_to_install(write):
    path = write("b.yaml", "tickets: []")
    program = f"""
import sys
sys.modules["yaml"] = None
from pathlib import Path
from jira_session_export._batch import load_batch
try:
    load_batch(Path({str(path)!r}), project_key="ABC")
except Exception as error:
    print(type(error).__name__, *error.recovery_actions)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "BatchFileError Install it with: pip install 'jira-session-export[cli]'\n"

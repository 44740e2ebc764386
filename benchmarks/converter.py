"""How fast HTML and Markdown become ADF, beside what is possible and beside what others do.

Run it alone: `python benchmarks/converter.py`. It prints tables: time per kB of HTML and of Markdown for us, for the
parts we stand on and for other converters on the same bodies, each with how many short samples it makes valid documents
of and how much of their text it keeps; what time becomes as the source grows; and hostile input. Other tools are
installed once, at pinned versions, into the directory for temporary files (or `--cache DIR`); what cannot be installed
is left out and named. All figures are processor time; compare those of one run only: machines differ.
"""

import argparse
import json
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bodies import HTML_SAMPLES, MARKDOWN_SAMPLES, markdown_body, ticket_body
from markdown_it import MarkdownIt

from jira_session_export._adf.check import check_adf
from jira_session_export._adf.html import html_to_adf
from jira_session_export._adf.markdown import markdown_to_adf
from jira_session_export._adf.options import ConversionOptions

WORD = re.compile(r"\w+")
MARKER = re.compile(r"\[!\w+\]|(?<=- )\[[ x]\]")  # Of alerts and tasks: they are shown, but not as text.
HERE = Path(__file__).parent
WHOLE = ConversionOptions(max_text_length=None)
BODIES = [ticket_body(20_000, seed) for seed in range(5)]
MARKDOWN_BODIES = [markdown_body(20_000, seed) for seed in range(5)]
SAMPLES = {"html": HTML_SAMPLES, "markdown": MARKDOWN_SAMPLES}
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
GOAL_PER_KB = 100
GOAL_LIMIT = 2.2
GOAL_PEER = 10
GOAL_MARKDOWN = 1.2


def best(function, arguments, rounds):
    """Seconds of processor time of the fastest of several rounds over all arguments."""
    fastest = float("inf")
    for _ in range(rounds):
        begun = process_time()
        for argument in arguments:
            function(argument)
        fastest = min(fastest, process_time() - begun)
    return fastest


def per_kb(seconds, bodies=BODIES):
    return seconds * 1e9 / sum(map(len, bodies))


def best_side_by_side(functions, arguments, rounds):
    """Name → seconds of its fastest round; each round runs all of them, so that they meet the same machine."""
    fastest = dict.fromkeys(functions, float("inf"))
    for _ in range(rounds):
        for name, function in functions.items():
            fastest[name] = min(fastest[name], best(function, arguments, 1))
    return fastest


# --- what we do, and what it consists of


def our_figures(rounds):
    """Name → µs per kB."""
    documents = [html_to_adf(body, WHOLE) for body in BODIES]
    texts = [json.dumps(document) for document in documents]
    figures = {
        "HTML to ADF": best(lambda body: html_to_adf(body, WHOLE), BODIES, rounds),
        "HTML to ADF to JSON": best(lambda body: json.dumps(html_to_adf(body, WHOLE)), BODIES, rounds),
        "part: C parse (turbohtml events, unused)": c_parse(rounds),
        "part: the same dicts at C speed (json.loads)": best(json.loads, texts, rounds),
        "part: json.dumps": best(json.dumps, documents, rounds),
    }
    return {name: per_kb(seconds) for name, seconds in figures.items() if seconds is not None}


def c_parse(rounds):
    try:
        from turbohtml.saxparse import SaxHandler, sax_parse  # noqa: PLC0415 - not there on every platform
    except ImportError:
        return None
    return best(lambda body: sax_parse(body, SaxHandler()), BODIES, rounds)


# --- what others do


def ask(command, directory, rounds):
    """Peer → what it answers, or why there is nothing."""
    documents = [html_to_adf(body, WHOLE) for body in BODIES]
    asked = {"html": BODIES, "markdown": MARKDOWN_BODIES, "documents": documents, "samples": SAMPLES, "rounds": rounds}
    answer = subprocess.run(
        command, cwd=directory, input=json.dumps(asked), capture_output=True, text=True, check=False, timeout=900
    )
    if answer.returncode:
        return {}, (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
    return json.loads(answer.stdout.strip().splitlines()[-1]), None


# --- how good it is


class _Words(HTMLParser):
    """The words of HTML that a reader sees."""

    def __init__(self):
        super().__init__()
        self.words = []
        self.hidden = 0

    def handle_starttag(self, tag, _):
        self.hidden += tag == "script"

    def handle_endtag(self, tag):
        self.hidden -= tag == "script"

    def handle_data(self, data):
        if not self.hidden:
            self.words += WORD.findall(data)


def words_of(html):
    reader = _Words()
    reader.feed(html)
    reader.close()
    return Counter(reader.words)


def words_in(document):
    """The words of a document: its texts, and what cards and expands show."""
    words, waiting = [], [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str):
            words += WORD.findall(value)
    return Counter(words)


def quality(takes, made):
    """Shares of samples that became a valid document, and of their words that are in it."""
    html = [sample if takes == "html" else MARKDOWN.render(MARKER.sub("", sample)) for sample in SAMPLES[takes]]
    meant = [words_of(sample) for sample in html]
    valid = sum(isinstance(document, dict) and not check_adf(document) for document in made)
    kept = sum((words & words_in(document)).total() for words, document in zip(meant, made, strict=True))
    return valid / len(made), kept / sum(words.total() for words in meant)


def python_peers(cache, rounds):
    directory = cache / "pypi"
    requirements = HERE / "pypi" / "requirements.txt"
    if not (directory / "requirements.txt").exists():
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--upgrade",
            "--target",
        ]
        installed = subprocess.run(
            [*command, directory, "-r", requirements], capture_output=True, text=True, check=False
        )
        if installed.returncode:
            return {}, f"pip: {installed.stderr.strip().splitlines()[-1]}"
        shutil.copy(requirements, directory)
    shutil.copy(HERE / "pypi" / "peers.py", directory)
    return ask([sys.executable, "peers.py"], directory, rounds)


def node_peers(cache, rounds):
    if shutil.which("npm") is None:
        return {}, "Node.js is not installed"
    directory = cache / "node"
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "peers.mjs"):
        shutil.copy(HERE / "node" / name, directory)
    if not (directory / "node_modules" / ".package-lock.json").exists():
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent"]
        installed = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
        if installed.returncode:
            return {}, f"npm: {(installed.stderr.strip().splitlines() or ['failed'])[-1]}"
    return ask(["node", "peers.mjs"], directory, rounds)


# --- tables


def print_speed(cache, rounds):
    answers, left_out = {}, []
    for found, why in (python_peers(cache, rounds), node_peers(cache, rounds)):
        left_out += [why] if why else []
        left_out += [f"{name}: {answer['error']}" for name, answer in found.items() if "error" in answer]
        answers |= {name: answer for name, answer in found.items() if "error" not in answer}
    print_html({name: answer for name, answer in answers.items() if answer["takes"] != "markdown"}, rounds)
    print_markdown({name: answer for name, answer in answers.items() if answer["takes"] == "markdown"}, rounds)
    for why in left_out:
        print(f"\nLeft out: {why}")


def print_html(answers, rounds):
    ours = our_figures(rounds)
    print(f"## µs per kB of HTML ({len(BODIES)} ticket bodies of 20 kB, best of {rounds} rounds)\n")
    print("| what | µs per kB | times ours | valid | text kept |\n|---|---:|---:|---:|---:|")
    whole = ours["HTML to ADF to JSON"]
    for name, figure in ours.items():
        made = [html_to_adf(sample, WHOLE) for sample in HTML_SAMPLES] if name == "HTML to ADF to JSON" else []
        print_row(name, figure, whole, "html", made)
    for name, answer in answers.items():
        made = answer["made"] if not name.startswith("only") else []
        print_row(name, per_kb(answer["seconds"]), whole, "html", made)
    slower = [per_kb(answer["seconds"]) / whole for name, answer in answers.items() if not name.startswith("only")]
    parts = sum(figure for name, figure in ours.items() if name.startswith("part:"))
    print(f"\nHTML to ADF to JSON: {whole:.0f} µs per kB (goal {GOAL_PER_KB}).")
    print(f"The limit is its parts' sum, {parts:.0f}: {whole / parts:.2f} times the limit (goal {GOAL_LIMIT}).")
    if slower:
        print(f"The nearest other converter takes {min(slower):.1f} times as long (goal {GOAL_PEER}).")


def print_markdown(answers, rounds):
    functions = {
        "Markdown to ADF": lambda body: markdown_to_adf(body, WHOLE),
        "Markdown to ADF to JSON": lambda body: json.dumps(markdown_to_adf(body, WHOLE)),
        "only parsing: markdown-it-py": MARKDOWN.parse,
    }
    seconds = best_side_by_side(functions, MARKDOWN_BODIES, rounds)
    ours = {name: per_kb(figure, MARKDOWN_BODIES) for name, figure in seconds.items()}
    print(f"\n## µs per kB of Markdown ({len(MARKDOWN_BODIES)} ticket bodies of 20 kB, best of {rounds} rounds)\n")
    print("| what | µs per kB | times ours | valid | text kept |\n|---|---:|---:|---:|---:|")
    whole = ours["Markdown to ADF to JSON"]
    for name, figure in ours.items():
        made = [markdown_to_adf(sample, WHOLE) for sample in MARKDOWN_SAMPLES] if name.endswith("JSON") else []
        print_row(name, figure, whole, "markdown", made)
    for name, answer in answers.items():
        print_row(name, per_kb(answer["seconds"], MARKDOWN_BODIES), whole, "markdown", answer["made"])
    ratio = ours["Markdown to ADF"] / ours["only parsing: markdown-it-py"]
    print(f"\nMarkdown to ADF takes {ratio:.2f} times what markdown-it-py takes to parse it (goal {GOAL_MARKDOWN}).")


def print_row(name, figure, whole, takes, made):
    shares = " | ".join(f"{share:.0%}" for share in quality(takes, made)) if made else " | "
    print(f"| {name} | {figure:.0f} | {figure / whole:.2f} | {shares} |")


def print_growth():
    """Each size and its double in turn, so that both meet the same machine; the median of the ratios is what counts."""
    print("\n## Time as the source grows\n\n| kB | µs per kB | times half of it |\n|---:|---:|---:|")
    for size in (20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_280_000):
        half, whole = ticket_body(size), ticket_body(2 * size)
        rounds = [(cpu_seconds(half, rounds=1), cpu_seconds(whole, rounds=1)) for _ in range(11)]
        factor = statistics.median(double / single for single, double in rounds)
        best = min(double for _, double in rounds)
        print(f"| {len(whole) / 1000:.0f} | {best * 1e9 / len(whole):.0f} | {factor:.2f} |")


def print_hostile():
    cases = {
        "100,000 nested `<div>`": "<div>" * 100_000,
        "100,000 nested `<ul><li>`": "<ul><li>x" * 100_000,
        "100,000 nested tables": "<table><tr><td>x" * 100_000,
        "100,000 nested `<b>`": "<b>" * 100_000,
        "5 MB of `<`": "<" * 5_000_000,
        "an attribute of 1 MB": f'<a href="https://{"a" * 1_000_000}">x</a>',
        "a table of 2,000 by 20": "<table>" + ("<tr>" + "<td>x</td>" * 20 + "</tr>") * 2000 + "</table>",
        "100,000 cells of colspan 1e9": "<table><tr>" + "<td colspan=1000000000>x" * 100_000,
        "50,000 misnested marks": "<b><i>x</b></i>" * 50_000,
        "1 MB of NULs": "\0" * 1_000_000,
    }
    print("\n## Hostile input\n\n| what | kB | ms |\n|---|---:|---:|")
    for name, html in cases.items():
        print(f"| {name} | {len(html) / 1000:.0f} | {cpu_seconds(html, rounds=1) * 1000:.0f} |")


def cpu_seconds(html, rounds):
    fastest = float("inf")
    for _ in range(rounds):
        begun = process_time()
        html_to_adf(html, WHOLE)
        fastest = min(fastest, process_time() - begun)
    return fastest


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=20, help="rounds per figure; the fastest counts")
    default = Path(tempfile.gettempdir()) / "jira-session-export-bench"
    arguments.add_argument("--cache", type=Path, default=default, help="where other tools are installed")
    chosen = arguments.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}\n")
    print_speed(chosen.cache, chosen.rounds)
    print_growth()
    print_hostile()


if __name__ == "__main__":
    main()

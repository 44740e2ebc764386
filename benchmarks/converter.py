"""How fast HTML becomes ADF, beside what is possible and beside what others do.

Run it alone: `python benchmarks/converter.py`. It prints three tables: time per kB of HTML for us, for the parts we
stand on and for other converters on the same bodies; what time becomes as the source grows; and hostile input. Other
tools are installed once, at pinned versions, into the directory for temporary files (or `--cache DIR`); what cannot be
installed is left out and named. Compare figures of one run only: machines differ.
"""

import argparse
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bodies import ticket_body

from jira_session_export._adf.html import html_to_adf
from jira_session_export._adf.options import ConversionOptions

HERE = Path(__file__).parent
WHOLE = ConversionOptions(max_text_length=None)
BODIES = [ticket_body(20_000, seed) for seed in range(5)]
GOAL_PER_KB = 100
GOAL_LIMIT = 4
GOAL_PEER = 10


def best(function, arguments, rounds):
    """Seconds of the fastest of several rounds over all arguments."""
    fastest = float("inf")
    for _ in range(rounds):
        begun = perf_counter()
        for argument in arguments:
            function(argument)
        fastest = min(fastest, perf_counter() - begun)
    return fastest


def per_kb(seconds):
    return seconds * 1e9 / sum(map(len, BODIES))


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
    """Peer → seconds, or why there are none."""
    documents = [html_to_adf(body, WHOLE) for body in BODIES]
    asked = json.dumps({"bodies": BODIES, "documents": documents, "rounds": rounds})
    answer = subprocess.run(
        command, cwd=directory, input=asked, capture_output=True, text=True, check=False, timeout=600
    )
    if answer.returncode:
        return {}, (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
    return json.loads(answer.stdout.strip().splitlines()[-1]), None


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
    ours = our_figures(rounds)
    print(f"## µs per kB of HTML ({len(BODIES)} ticket bodies of 20 kB, best of {rounds} rounds)\n")
    print("| what | µs per kB | times ours |\n|---|---:|---:|")
    whole = ours["HTML to ADF to JSON"]
    for name, figure in ours.items():
        print(f"| {name} | {figure:.0f} | {figure / whole:.2f} |")
    parts = [figure for name, figure in ours.items() if name.startswith("part:")]
    slower, left_out = [], []
    for answers, why in (python_peers(cache, rounds), node_peers(cache, rounds)):
        if why:
            left_out.append(why)
        for name, answer in answers.items():
            if "error" in answer:
                left_out.append(f"{name}: {answer['error']}")
                continue
            figure = per_kb(answer["seconds"])
            print(f"| {name} | {figure:.0f} | {figure / whole:.1f} |")
            if not name.startswith("only"):
                slower.append(figure / whole)
    for why in left_out:
        print(f"\nLeft out: {why}")
    print(f"\nHTML to ADF to JSON: {whole:.0f} µs per kB (goal {GOAL_PER_KB}).")
    print(
        f"The limit is its parts' sum, {sum(parts):.0f}: {whole / sum(parts):.2f} times the limit (goal {GOAL_LIMIT})."
    )
    if slower:
        print(f"The nearest other converter takes {min(slower):.1f} times as long (goal {GOAL_PEER}).")


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

"""What a batch file costs to read: processor time and memory of whole processes, for faulty and hostile files too.

    python benchmarks/batches.py [--against OTHER-CHECKOUT/src] [--only PART-OF-A-NAME]

Each file is read by a process of its own, which imports first; the time is the least of two runs, and the memory is
what the process needed at most beyond that of one that has read a small file.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

LIMIT_SECONDS = 60

READ = """
import resource, sys, time
from pathlib import Path
from jira_session_export import load_batch
from jira_session_export.errors import JiraSessionExportError
small = Path(sys.argv[1]).with_name("small" + (Path(sys.argv[1]).suffix or ".json"))
def read(path):
    try:
        session = load_batch(path, project_key="ABC")
        return f"{len(session.tickets)} tickets"
    except JiraSessionExportError as exc:
        return exc.user_message.replace(str(path), "").lstrip(",: ")
    except Exception as exc:
        return "CRASHED: " + type(exc).__name__
def memory():
    # What getrusage says begins with that of the parent.
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) / 1024
if small.exists():
    read(small)
begun, before = time.process_time(), memory()
said = read(Path(sys.argv[1]))
print(f"{time.process_time() - begun:.3f}\\t{memory() - before:.1f}\\t{said.splitlines()[0][:60]}")
"""


def tickets(count: int, **fields: object) -> list[dict[str, object]]:
    return [{"id": f"ticket-{n}", "title": f"Ticket number {n}", **fields} for n in range(count)]


def as_yaml(listed: list[dict[str, object]]) -> str:
    return "tickets:\n" + "".join(
        "".join(f"{'- ' if not place else '  '}{key}: {value}\n" for place, (key, value) in enumerate(each.items()))
        for each in listed
    )


def as_csv(listed: list[dict[str, object]]) -> str:
    return "\n".join([",".join(listed[0]), *(",".join(map(str, each.values())) for each in listed)])


BODY = "<p>Slots begin on the <b>quarter hour</b>, ends of them too, as agreed.</p>\n" * 25
TEXTS: dict[str, Callable[[], str]] = {
    # ordinary
    "ordinary.json": lambda: json.dumps(tickets(5_000, description_html=BODY, labels=["a", "b"])),
    "ordinary.csv": lambda: as_csv(tickets(5_000, description_html='"' + BODY.replace('"', '""') + '"')),
    "ordinary.yaml": lambda: as_yaml(tickets(3_000, labels="[a, b]", description_html=json.dumps(BODY))),
    "small tickets.json": lambda: json.dumps(tickets(10_000)),
    # faulty
    "800 misspelt dependencies.json": lambda: json.dumps(tickets(800, depends_on=["tikcet-77777"])),
    "10,000 misspelt dependencies.json": lambda: json.dumps(tickets(10_000, depends_on=["tikcet-77777"])),
    "10,000 misspelt dependencies.yaml": lambda: as_yaml(tickets(10_000, depends_on="[tikcet-77777]")),
    "10,000 misspelt dependencies.csv": lambda: as_csv(tickets(10_000, depends_on="tikcet-77777")),
    "10,000 without titles.json": lambda: json.dumps([{"titel": f"t{n}", "labels": []} for n in range(10_000)]),
    "10,000 with an unknown field.csv": lambda: as_csv(tickets(10_000, **{"Story Pts": 3, "asignee": "x"})),
    "10,000 of the same title.json": lambda: json.dumps([{"title": "Same"} for n in range(10_000)]),
    "32,000 doubled keys.json": lambda: '[{"title": "A", ' + ", ".join(f'"k{n}": 1, "k{n}": 2' for n in range(32_000)) + "}]",
    "32,000 doubled keys.yaml": lambda: "tickets:\n- title: A\n" + "".join(f"  k{n}: 1\n  k{n}: 2\n" for n in range(32_000)),
    "16,000 doubled columns.csv": lambda: "title," + ",".join(f"c{n},c{n}" for n in range(16_000)) + "\nA",
    "long names.json": lambda: json.dumps([{"id": "a" * 50_000, "title": "A"}, {"title": "B", "depends_on": ["ab" * 25_000]}]),
    # hostile
    "9 MB of {}.json": lambda: "[" + "{}," * 3_000_000 + "{}]",
    "9 MB of lists.json": lambda: '[{"title": "A", "custom_fields": {"a": [' + "[]," * 3_000_000 + "[]]}}]",
    "9 MB of numbers.json": lambda: '[{"title": "A", "custom_fields": {"a": [' + "0.1," * 2_250_000 + "1]}}]",
    "9 MB of {}.jsonl": lambda: "{}\n" * 3_000_000,
    "9 MB of bad lines.jsonl": lambda: "x\n" * 4_500_000,
    "9 MB of blank lines.csv": lambda: "title\n" + "\n" * 9_000_000,
    "9 MB of rows.csv": lambda: "title\n" + "a\n" * 4_500_000,
    "9 MB of labels.csv": lambda: 'title,labels\nA,"' + "ab;" * 3_000_000 + '"',
    "a key of 1 MB over 10,000 values.json": lambda: '[{"title": "A", "custom_fields": {"' + "k" * 1_000_000 + '": [' + "1," * 10_000 + "1]}}]",
    "1 MB of aliases.yaml": lambda: 'tickets:\n- title: A\n  description_html: &a "' + "x" * 900_000 + '"\n' + "".join(f"- {{title: t{n}, description_html: *a}}\n" for n in range(2_000)),
    "Jira's export.csv": lambda: "Summary,Issue key,Issue id,Parent,Outward issue link (Blocks)\n" + "".join(f"t{n},A-{n},{n},{n - 1},A-{n + 1}\n" for n in range(1, 10_000)),
    "9 MB of paragraphs.md": lambda: "",
    "9 MB of empty mappings.yaml": lambda: "[" + "{}," * 3_000_000 + "{}]",
}  # fmt: skip


def measured(path: Path, source: str) -> tuple[float, float, str]:
    env = {**os.environ, "PYTHONPATH": source}
    try:
        done = subprocess.run(
            [sys.executable, "-c", READ, str(path)],
            env=env, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return float("inf"), float("inf"), f"no answer in {LIMIT_SECONDS} s"
    if done.returncode:
        return float("nan"), float("nan"), done.stderr.strip().splitlines()[-1][:60]
    seconds, megabytes, said = done.stdout.rstrip("\n").split("\t")
    return float(seconds), float(megabytes), said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", metavar="SRC", help="the `src` folder of another checkout")
    parser.add_argument("--only", default="", metavar="PART", help="part of the name of a file")
    options = parser.parse_args()
    sources = {"here": str(Path(__file__).resolve().parent.parent / "src")}
    if options.against:
        sources = {"there": str(Path(options.against).resolve()), **sources}
    print(f"{'file':<40}{'MB':>6}", *(f"{name + ' s':>10}{'MB':>8}{'x':>6}" for name in sources), " answer")
    for name, make in TEXTS.items():
        if options.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            if path.suffix == ".md":
                path = Path(folder, "folder")
                path.mkdir()
                (path / "a.md").write_text("a\n\n" * 3_000_000)
                size = 9.0
            else:
                path.write_text(make(), "utf-8")
                size = path.stat().st_size / 1e6
                small = {".csv": "title\nA", ".yaml": "- title: A", ".jsonl": '{"title": "A"}'}
                path.with_name(f"small{path.suffix}").write_text(small.get(path.suffix, '[{"title": "A"}]'))
            cells, said = [], ""
            for source in sources.values():
                runs = [measured(path, source)]
                if runs[0][0] < 5:
                    runs.append(measured(path, source))
                seconds, megabytes, said = min(runs)
                cells.append(f"{seconds:>10.2f}{megabytes:>8.0f}{megabytes / size:>6.1f}")
            print(f"{name:<40}{size:>6.1f}", *cells, f" {said}", flush=True)


if __name__ == "__main__":
    main()

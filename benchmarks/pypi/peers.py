"""What PyPI's tools make of the same bodies; run by benchmarks/converter.py.

Reads {"html": [body], "markdown": [body], "documents": [ADF], "samples": {"html": [...], "markdown": [...]},
"rounds": n} and answers
{tool: {"takes": which of them, "seconds": best of the rounds, "made": [ADF of a sample, or null]} | {"error": why}}.
"""

import json
import sys
from time import process_time


def markdownify_and_md_adf():
    from markdownify import markdownify  # noqa: PLC0415 - may be missing
    from md_adf import markdown_to_adf  # noqa: PLC0415

    return lambda html: json.dumps(markdown_to_adf(markdownify(html)).value)


def html_to_adf():
    from html_to_adf import convert_html_to_adf  # noqa: PLC0415

    return lambda html: json.dumps(convert_html_to_adf(html))


def marklas():
    from marklas import to_adf  # noqa: PLC0415

    return lambda markdown: json.dumps(to_adf(markdown))


def marklassian():
    from marklassian import markdown_to_adf  # noqa: PLC0415

    return lambda markdown: json.dumps(markdown_to_adf(markdown))


def md_to_adf():
    from md_to_adf import convert  # noqa: PLC0415

    return lambda markdown: json.dumps(convert(markdown))


def adflux():
    from adflux import convert  # noqa: PLC0415

    return lambda markdown: convert(markdown, src="md", dst="adf")


def soup_of(parser):
    def load():
        import bs4  # noqa: PLC0415

        return lambda html: bs4.BeautifulSoup(html, parser)

    return load


def orjson_dumps():
    import orjson  # noqa: PLC0415

    return orjson.dumps


PEERS = {
    "PyPI markdownify, then md-adf": ("html", markdownify_and_md_adf),
    "PyPI html-to-adf": ("html", html_to_adf),
    "only parsing: bs4 + lxml": ("html", soup_of("lxml")),
    "only parsing: bs4 + html.parser": ("html", soup_of("html.parser")),
    "only serialising: orjson.dumps": ("documents", orjson_dumps),
    "PyPI marklas": ("markdown", marklas),
    "PyPI marklassian": ("markdown", marklassian),
    "PyPI md-to-adf": ("markdown", md_to_adf),
    "PyPI adflux": ("markdown", adflux),
}


def measure(takes, load, asked):
    convert = load()
    best = float("inf")
    for _ in range(asked["rounds"]):
        begun = process_time()
        for argument in asked[takes]:
            convert(argument)
        best = min(best, process_time() - begun)
    return {
        "takes": takes,
        "seconds": best,
        "made": [tried(convert, sample) for sample in asked["samples"].get(takes, ())],
    }


def tried(convert, sample):
    try:
        made = convert(sample)
        return json.loads(made) if isinstance(made, str) else None
    except Exception:  # noqa: BLE001 - as below
        return None


def main():
    asked = json.load(sys.stdin)
    answers = {}
    for name, (takes, load) in PEERS.items():
        try:
            answers[name] = measure(takes, load, asked)
        except Exception as error:  # noqa: BLE001 - a peer may fail in any way; that is a result, too
            answers[name] = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
    print(json.dumps(answers))


if __name__ == "__main__":
    main()

"""What PyPI's tools make of the same bodies; run by benchmarks/converter.py.

Reads {"bodies": [html], "documents": [ADF], "rounds": n}
and answers {tool: {"seconds": best of the rounds} | {"error": why}}.
"""

import json
import sys
from time import perf_counter


def markdownify_and_md_adf():
    from markdownify import markdownify  # noqa: PLC0415 - may be missing
    from md_adf import markdown_to_adf  # noqa: PLC0415

    return lambda html: json.dumps(markdown_to_adf(markdownify(html)).value)


def soup_of(parser):
    def load():
        import bs4  # noqa: PLC0415

        return lambda html: bs4.BeautifulSoup(html, parser)

    return load


def orjson_dumps():
    import orjson  # noqa: PLC0415

    return orjson.dumps


PEERS = {
    "PyPI markdownify, then md-adf": markdownify_and_md_adf,
    "only parsing: bs4 + lxml": soup_of("lxml"),
    "only parsing: bs4 + html.parser": soup_of("html.parser"),
    "only serialising: orjson.dumps": orjson_dumps,
}


def measure(load, arguments, rounds):
    convert = load()
    best = float("inf")
    for _ in range(rounds):
        begun = perf_counter()
        for argument in arguments:
            convert(argument)
        best = min(best, perf_counter() - begun)
    return {"seconds": best}


def main():
    asked = json.load(sys.stdin)
    answers = {}
    for name, load in PEERS.items():
        try:
            arguments = asked["documents" if load is orjson_dumps else "bodies"]
            answers[name] = measure(load, arguments, asked["rounds"])
        except Exception as error:  # noqa: BLE001 - a peer may fail in any way; that is a result, too
            answers[name] = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
    print(json.dumps(answers))


if __name__ == "__main__":
    main()

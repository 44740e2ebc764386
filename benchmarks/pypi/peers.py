"""Reads {"bodies": [html], "rounds": n} and answers {peer: {"seconds": best of the rounds} | {"error": why}}."""

import json
import sys
from time import perf_counter


def markdownify_and_md_adf():
    from markdownify import markdownify
    from md_adf import markdown_to_adf

    return lambda html: json.dumps(markdown_to_adf(markdownify(html)).value)


def soup_of(parser):
    def load():
        import bs4

        return lambda html: bs4.BeautifulSoup(html, parser)

    return load


PEERS = {
    "PyPI markdownify, then md-adf": markdownify_and_md_adf,
    "parse only: bs4 + lxml": soup_of("lxml"),
    "parse only: bs4 + html.parser": soup_of("html.parser"),
}


def measure(load, bodies, rounds):
    convert = load()
    best = float("inf")
    for _ in range(rounds):
        begun = perf_counter()
        for body in bodies:
            convert(body)
        best = min(best, perf_counter() - begun)
    return {"seconds": best}


def main():
    asked = json.load(sys.stdin)
    answers = {}
    for name, load in PEERS.items():
        try:
            answers[name] = measure(load, asked["bodies"], asked["rounds"])
        except Exception as error:  # noqa: BLE001 - a peer may fail in any way; that is a result, too
            answers[name] = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
    print(json.dumps(answers))


if __name__ == "__main__":
    main()

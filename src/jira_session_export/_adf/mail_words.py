"""Whether preformatted text is a plain mail or comment: prose with greetings, quotes and signatures, and no code."""

import re
from typing import Final

_LONGEST: Final = 50_000
_QUOTED: Final = re.compile(r"\s{0,3}(?:>\s?)+")
_ATTRIBUTION: Final = re.compile(
    r"\b(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|schreef|skrev|napisał)\b[^:]{0,60}:\s*$", re.IGNORECASE
)
_REPLY: Final = re.compile(
    r"\s*\(In reply to |\s*-{3,}\s*(?:Original Message|Forwarded message|Ursprüngliche Nachricht)", re.IGNORECASE
)
_HEADER: Final = re.compile(
    r"\s*(?:From|Sent|To|Cc|Subject|Date|Reply-To|Von|An|Gesendet|Betreff|Datum|De|À|Objet|Envoyé):\s\S", re.IGNORECASE
)
_HEADERS: Final = 3
_GREETING: Final = re.compile(
    r"\s*(?:hi|hello|hey|dear|hallo|moin|liebe[rs]?|guten (?:tag|morgen|abend)|sehr geehrte[rs]?|bonjour|salut|chère?s?"
    r"|hola|estimad[oa]s?|ciao|good (?:morning|afternoon|evening|day)|greetings)\b[^{}();=<>\[\]]{0,40}$",
    re.IGNORECASE,
)
_CLOSING: Final = re.compile(
    r"\s*(?:(?:(?:best|kind|kindest|warm|many|with) )?(?:regards|wishes)|(?:many )?thanks(?: again| in advance| a lot)?"
    r"|thank you[\w ]{0,30}|cheers|sincerely|yours[\w ]{0,20}|all the best|best|mfg"
    r"|(?:mit )?freundlichen? grü(?:ß|ss)en?|(?:viele|liebe|beste|schöne) grü(?:ß|ss)e|danke"
    r"|cordialement|bien à vous|merci|saludos|atentamente)\s*[,.!]{0,3}\s*",
    re.IGNORECASE,
)
_SIGNATURE_LINES: Final = 12
_ADDRESS: Final = re.compile(r"(?:https?|ftp|mailto):\S+|<[^<>\s@]{1,80}@[^<>\s]{1,80}>|\S{1,80}@\S{1,80}")
_CODE: Final = re.compile(
    r"[{}\\=;|`~$]|<[\w/!-]|->|::|&&|\w\(|^\s*(?:#|//|/\*|\*/|@\w|at [\w.$]+\(|\$ |def |class |import |return\b"
    r"|<\s|public |private |function |var |let |const )|^\s*\[?\d{4}-\d\d-\d\d[T ]\d\d"
    r"|\b(?:ERROR|WARN(?:ING)?|INFO|DEBUG|TRACE)\b"
)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_LEAST_WORDS: Final = 3
_ENOUGH: Final = 2
"""Of a greeting with a comma, a closing, a signature and quotes: so many make a mail of words however few."""


def is_plain_mail(text: str) -> bool:
    """Whether a text is for people to read, and its line ends are all that is preformatted; if in doubt, it is not."""
    lines = [line for line in text[:_LONGEST].split("\n") if line.strip("\xa0 \t\r")]
    lines, signed = _without_signature(lines)
    quoted = [line for line in lines if _QUOTED.match(line)]
    own = [line for line in lines if not _QUOTED.match(line)]
    if 4 * sum(map(_is_code, lines)) > len(lines):
        return False
    prose = sum(map(_is_prose, own[1:] if own and _GREETING.match(own[0]) else own))
    prose_quoted = sum(map(_is_prose, quoted))
    if any(_ATTRIBUTION.search(line) or _REPLY.match(line) for line in own):
        return prose + prose_quoted > 0
    if sum(_HEADER.match(line) is not None for line in own) >= _HEADERS:
        return True
    greeted = bool(own) and _GREETING.match(own[0]) is not None
    closed = any(_CLOSING.fullmatch(line) for line in own[1:])
    addressed = greeted and own[0].rstrip().endswith(",")
    if addressed + closed + signed + bool(quoted) >= _ENOUGH:
        return True
    if quoted:
        return 2 * prose_quoted >= len(quoted) and (prose > 0 or len(quoted) > 1)
    return (greeted or closed or signed) and prose > 0


def _without_signature(lines: list[str]) -> tuple[list[str], bool]:
    """The lines before `-- ` or a long line of underscores near the end, and whether there was one."""
    for position in range(len(lines) - 1, max(len(lines) - _SIGNATURE_LINES, 0), -1):
        line = lines[position].rstrip("\xa0 \r")
        if line == "--" or (len(line) > 20 and not line.strip("_")):
            return lines[:position], True
    return lines, False


def _is_code(line: str) -> bool:
    return _CODE.search(_ADDRESS.sub("", _QUOTED.sub("", line, count=1))) is not None


def _is_prose(line: str) -> bool:
    bare = _ADDRESS.sub("", _QUOTED.sub("", line, count=1))
    return _CODE.search(bare) is None and len(_WORD.findall(bare[:200])) >= _LEAST_WORDS

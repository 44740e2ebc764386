"""The fields that restrict who sees an issue. What a ticket asks for in them is never left out.

An issue created without the level it should have is seen by people who must not see it, and a manual fix afterwards
comes too late: Jira has sent its notifications by then. So these fields stop an export where others leave a fix.

Source: the system fields `security` (issue security level, company-managed projects) and `issuerestriction` ("Restrict
to", team-managed projects) of `GET /rest/api/3/field`, November 2026.
"""

import unicodedata
from difflib import get_close_matches

RESTRICTING_FIELDS = frozenset({"security", "issuerestriction"})
"""Ids of the fields. A create screen that does not show one gives no name for it, hence `RESTRICTING_NAMES`."""

RESTRICTING_NAMES = frozenset(
    {
        "security",
        "security level",
        "issue security",
        "issue security level",
        "issuerestriction",
        "issue restriction",
        "issue restrictions",
        "restrict to",
        "sicherheitsstufe",
        "sicherheitsebene",
        "niveau de sécurité",
        "nivel de seguridad",
        "nível de segurança",
        "livello di sicurezza",
        "beveiligingsniveau",
        "poziom bezpieczeństwa",
        "уровень безопасности",
        "säkerhetsnivå",
        "sikkerhedsniveau",
        "sikkerhetsnivå",
        "turvataso",
        "suojaustaso",
        "úroveň zabezpečení",
        "güvenlik düzeyi",
        "biztonsági szint",
        "nivel de securitate",
        "セキュリティレベル",
        "セキュリティ レベル",
        "セキュリティ・レベル",
        "安全级别",
        "安全等级",
        "安全層級",
        "보안 수준",
        "보안 레벨",
    }
)
"""What people call them, in the languages of Jira; case-folded."""

_ALIKE = 0.9


def names_restricting_field(name: str) -> bool:
    """Whether a ticket means one of these fields by `name`: an id, a name in a language of Jira, or one misspelt.

    For names that the create screen does not have: a field it shows is known by its id.
    """
    folded = " ".join(unicodedata.normalize("NFC", name).replace("_", " ").replace("-", " ").split()).casefold()
    return bool(get_close_matches(folded, RESTRICTING_NAMES, n=1, cutoff=_ALIKE))

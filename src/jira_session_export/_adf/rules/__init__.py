"""The rules by which elements become nodes and marks, and how a host changes them."""

from jira_session_export._adf.rules.atlassian import ATLASSIAN_RULES
from jira_session_export._adf.rules.atlassian_blocks import ATLASSIAN_BLOCK_RULES
from jira_session_export._adf.rules.blocknote import BLOCKNOTE_RULES
from jira_session_export._adf.rules.blocks import BLOCK_RULES, HIDDEN_RULES, PLAIN_RULES
from jira_session_export._adf.rules.code import CODE_MACRO_RULES, CODE_RULES
from jira_session_export._adf.rules.code_looks import CODE_LOOKS_RULES
from jira_session_export._adf.rules.confluence import CONFLUENCE_RULES
from jira_session_export._adf.rules.display import DISPLAY_RULES, INLINE_DISPLAY_RULES, MARKER_RULES
from jira_session_export._adf.rules.emoji import EMOJI_RULES, NAMED_EMOJI_RULES
from jira_session_export._adf.rules.formulas import FORMULA_RULES, FORMULA_SCRIPT_RULES
from jira_session_export._adf.rules.inline import INLINE_RULES, STYLE_RULES
from jira_session_export._adf.rules.item_lists import ITEM_LIST_RULES
from jira_session_export._adf.rules.jira import JIRA_RULES
from jira_session_export._adf.rules.lists import LIST_RULES
from jira_session_export._adf.rules.media import MEDIA_RULES
from jira_session_export._adf.rules.note_apps import NOTE_APP_RULES
from jira_session_export._adf.rules.ornaments import ORNAMENT_RULES
from jira_session_export._adf.rules.page_links import PAGE_LINK_RULES
from jira_session_export._adf.rules.panels import PANEL_RULES
from jira_session_export._adf.rules.plain_mail import PLAIN_MAIL_RULES
from jira_session_export._adf.rules.plate import PLATE_RULES
from jira_session_export._adf.rules.ruleset import SKIP, SKIP_SILENTLY, Apply, Outcome, Rule, RuleSet, Skip
from jira_session_export._adf.rules.services import SERVICE_RULES
from jira_session_export._adf.rules.symbol_fonts import SYMBOL_FONT_RULES
from jira_session_export._adf.rules.tables import TABLE_RULES
from jira_session_export._adf.rules.unseen import UNSEEN_RULES
from jira_session_export._adf.rules.word import WORD_RULES

__all__ = ["DEFAULT_RULES", "SKIP", "SKIP_SILENTLY", "Apply", "Outcome", "Rule", "RuleSet", "Skip"]

DEFAULT_RULES = RuleSet(
    (
        *FORMULA_SCRIPT_RULES,
        *HIDDEN_RULES,
        *FORMULA_RULES,
        *UNSEEN_RULES,
        *EMOJI_RULES,
        *CONFLUENCE_RULES,
        *JIRA_RULES,
        *SYMBOL_FONT_RULES,
        *MARKER_RULES,
        *DISPLAY_RULES,
        *CODE_LOOKS_RULES,
        *STYLE_RULES,
        *WORD_RULES,
        *ATLASSIAN_BLOCK_RULES,
        *ATLASSIAN_RULES,
        *NAMED_EMOJI_RULES,
        *PLATE_RULES,
        *BLOCKNOTE_RULES,
        *CODE_MACRO_RULES,
        *PLAIN_MAIL_RULES,
        *SERVICE_RULES,
        *CODE_RULES,
        *PANEL_RULES,
        *PAGE_LINK_RULES,
        *NOTE_APP_RULES,
        *ITEM_LIST_RULES,
        *LIST_RULES,
        *TABLE_RULES,
        *ORNAMENT_RULES,
        *MEDIA_RULES,
        *BLOCK_RULES,
        *INLINE_RULES,
        *INLINE_DISPLAY_RULES,
        *PLAIN_RULES,
    )
)

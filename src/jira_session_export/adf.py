"""The converter's parts beyond the front door: what a rule of your own is written with.

`jira_session_export` has the functions; this module adds the types that rules and checks deal with.
"""

from jira_session_export._adf import Problem, RuleSet, shorten_document

__all__ = ["Problem", "RuleSet", "shorten_document"]

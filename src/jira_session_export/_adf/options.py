"""What a host may choose about a conversion."""

from dataclasses import dataclass, field

from jira_session_export._adf.output import ImagePolicy
from jira_session_export._adf.rules import DEFAULT_RULES
from jira_session_export._adf.rules.ruleset import RuleSet
from jira_session_export._limits import DESCRIPTION_MAX_LENGTH


@dataclass(frozen=True, slots=True)
class ConversionOptions:
    """What a host may choose about a conversion.

    Attributes:
        heading_offset: added to the level of every heading; the result stays within 1 to 6.
        link_schemes: schemes of links that may pass. `javascript`, `data`, `vbscript` and schemes that Atlassian's
        validator
            does not know never do.
        base_url: what relative addresses are relative to. Without it links to `/…` and `#…` stay as they are, other
        relative
            links lose their address, and relative images are reported as embedded files.
        image_policy: what becomes of images with an address on the web.
        max_text_length: characters of text a document may have before it is shortened, None for no limit.
        max_input_length: characters of source above which `DocumentTooLargeError` is raised.
        rules: how elements become nodes and marks.
    """

    heading_offset: int = 0
    link_schemes: frozenset[str] = frozenset(
        {"http", "https", "ftp", "ftps", "sftp", "mailto", "tel", "xmpp", "sip", "sips", "slack", "ssh", "git"}
    )
    base_url: str | None = None
    image_policy: ImagePolicy = ImagePolicy.EXTERNAL
    max_text_length: int | None = DESCRIPTION_MAX_LENGTH
    max_input_length: int = 8_000_000
    rules: RuleSet = field(default=DEFAULT_RULES)


DEFAULT = ConversionOptions()
"""The options used when none are given."""

"""What a host may choose about a conversion."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from jira_session_export._adf.markdown_words import PANELS
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
            validator does not know never do.
        base_url: the web address that relative addresses are relative to. Without it links to `/…` and `#…` stay as
            they are, other relative links lose their address, and relative images are reported as embedded files.
        image_policy: what becomes of images with an address on the web; `ImagePolicy` or one of its values.
        max_text_length: characters of text a document may have before it is shortened, None for no limit.
        max_input_length: characters of source above which `DocumentTooLargeError` is raised.
        rules: how elements become nodes and marks.
        line_breaks: whether a line end in the text of HTML is a line break; by HTML it is a space. `hard_wraps` is the
            same for Markdown.
        hard_wraps: whether a single line feed in Markdown is a line break, as in comments on GitHub; by CommonMark it
            is a space.
        emoji_shortcodes: names of emoji in Markdown, without their colons → the emoji; `EMOJI_SHORTCODES` has the usual
            ones.
        callouts: words in Markdown that begin a callout (`:::note`, `!!! note`, `??? note`, `> [!note] Title`,
            `> [!note]-`) → the panel it becomes: `info`, `note`, `tip`, `warning`, `error` or `success`; `CALLOUTS` has
            the usual ones. GitHub's own alerts need no entry.
        mentions: whether `[~accountid:…]` in Markdown mentions somebody.
        smart_link_sites: addresses of sites such as `https://example.atlassian.net`, whose bare addresses in Markdown
            become smart links.

    Raises:
        ValueError: a value is none of those allowed; the message says which are.
    """

    heading_offset: int = 0
    link_schemes: Collection[str] = frozenset(
        {"http", "https", "ftp", "ftps", "sftp", "mailto", "tel", "xmpp", "sip", "sips", "slack", "ssh", "git"}
    )
    base_url: str | None = None
    image_policy: ImagePolicy | Literal["external", "link", "remove"] = ImagePolicy.EXTERNAL
    max_text_length: int | None = DESCRIPTION_MAX_LENGTH
    max_input_length: int = 8_000_000
    rules: RuleSet = field(default=DEFAULT_RULES)
    line_breaks: bool = False
    hard_wraps: bool = False
    emoji_shortcodes: Mapping[str, str] = field(default_factory=dict, hash=False)
    callouts: Mapping[str, str] = field(default_factory=dict, hash=False)
    mentions: bool = False
    smart_link_sites: Collection[str] = ()

    def __post_init__(self) -> None:
        try:
            policy = ImagePolicy(self.image_policy)
        except ValueError:
            known = ", ".join(ImagePolicy)
            raise ValueError(f"image_policy is {self.image_policy!r}; it must be one of {known}.") from None
        object.__setattr__(self, "image_policy", policy)
        if isinstance(self.link_schemes, str):
            raise ValueError(f"link_schemes is the string {self.link_schemes!r}; give a set of strings.")  # noqa: TRY004
        object.__setattr__(self, "link_schemes", frozenset(scheme.lower() for scheme in self.link_schemes))
        if self.base_url is not None and not _ON_THE_WEB.match(self.base_url):
            raise ValueError(f"base_url is {self.base_url!r}; it must begin with https:// or http:// and a host.")
        for word, panel in self.callouts.items():
            if panel not in PANELS:
                raise ValueError(f"callouts has {panel!r} for {word!r}; it must be one of {', '.join(sorted(PANELS))}.")
        object.__setattr__(self, "callouts", {word.lower(): panel for word, panel in self.callouts.items()})
        if isinstance(self.smart_link_sites, str):
            raise ValueError(f"smart_link_sites is the string {self.smart_link_sites!r}; give a tuple.")  # noqa: TRY004
        object.__setattr__(self, "smart_link_sites", tuple(self.smart_link_sites))
        for site in self.smart_link_sites:
            if not _ON_THE_WEB.match(site):
                raise ValueError(f"smart_link_sites has {site!r}; it must begin with https:// or http:// and a host.")


_ON_THE_WEB = re.compile(r"https?://[^/\s]", re.IGNORECASE)
DEFAULT = ConversionOptions()
"""The options used when none are given."""

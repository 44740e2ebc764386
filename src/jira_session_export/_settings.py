"""`ExportSettings`: how an export behaves."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ExportSettings(BaseModel):
    """How an export behaves; frozen, safe to share. Each field can be set as `JSE_<NAME>` in the environment."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    pause_seconds: Seconds = 1.5
    """Pause between two creates, from the end of one to the start of the next."""
    bulk_size: Annotated[int, Field(ge=1, le=50)] = 1
    """How many issues are created with one request, 50 at most; the pause is between requests."""
    max_retries: Annotated[int, Field(ge=0)] = 3
    """How often a failed session may be retried."""
    max_crashes: Annotated[int, Field(ge=1)] = 3
    """How often a session's worker may die without progress before the session fails."""
    max_fallback_rounds: Annotated[int, Field(ge=0, le=10)] = 4
    """How often a refused issue is sent again without the fields Jira named; then once more with no optional field at
    all. 0 switches both off."""
    verify_after_create: bool = False
    """Whether issues are read back, fifty with one request, and compared with what was sent: a text that Jira has
    replaced or cut, or a field it has dropped, leaves a manual fix."""
    index_settle_seconds: Seconds = 120
    """Jira's search index lags: an issue not found counts as absent only when its create is older than this."""
    reconcile_budget_seconds: Seconds = 180
    """How long one export waits for the index to decide whether an issue exists, before it stops as temporary; with
    less than `index_settle_seconds` a lost answer may cost a retry."""
    max_create_rounds: Annotated[int, Field(ge=1)] = 5
    """How often a create is sent before the export stops as temporary, when an answer that said nothing certain turns
    out to have made no issue, or when Jira refuses an issue of a bulk as one too many and makes no other either."""
    sessions_at_once: Annotated[int, Field(ge=1)] | None = None
    """How many sessions run at the same time for one Jira site, in all processes on one database; the others wait for
    their turn. None: as many as there are."""
    sessions_at_once_per_owner: Annotated[int, Field(ge=1)] | None = None
    """The same for the sessions of one owner."""
    lease_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 30
    """How long a worker that shows no sign of life keeps a session; renewed at a third of it."""
    grace_seconds: Seconds = 5
    """How long a run that is to stop may take to reach its next step, before what it does is cut off."""
    store_patience_seconds: Seconds = 300
    """How long a run waits for a database that does not answer, before it hands the session over; costs no retry."""
    pool_size: Annotated[int, Field(ge=1, le=100)] = 3
    """How many connections a store opened from a PostgreSQL address has at most, beside the one that listens for what
    other processes write. Who comes while all are busy waits."""
    longest_wait_seconds: Seconds = 120
    """The longest wait that Jira may ask a run for, because of its limits; told of while it lasts. Beyond it the export
    stops as temporary and says when to retry, which costs no retry."""
    request_timeout_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 30
    """Time-out of one request to Jira."""
    marker_label: Annotated[str, Field(pattern=r"^\S*$", max_length=240)] = "export-{session}"
    """Label each issue of a session carries; `{session}` is its short id; empty switches it off."""
    default_issue_type: Annotated[str, Field(min_length=1)] = "Task"
    """Issue type of tickets that name none."""
    link_type: Annotated[str, Field(min_length=1)] = "Blocks"
    """Issue link type of `depends_on`: the issue depended on blocks the one that depends."""
    story_points_field: str = ""
    """Name or id of the field for story points; empty finds Jira's own by type and by its usual names."""
    attach_full_text: bool = True
    """Whether a description Jira would not take whole is also attached as a file."""
    embed_images: bool = True
    """Whether images inside descriptions are attached and shown in place; if not, none of them leaves a manual fix."""
    requires_attachments: bool | None = None
    """Whether each file of a ticket must be readable where the export runs; one that is not stops the export before the
    ticket is created, instead of leaving a manual fix. None: yes for workers of a queue, and where files are opened
    otherwise than by their paths on this machine; else no."""
    attachment_patience_seconds: Seconds = 300
    """How long workers of a queue leave a session to each other whose files none can read, before it fails. One that
    cannot read a file hands the session on at once."""
    requires_assignee: bool = False
    """Whether every issue must have an assignee; a ticket without a usable one stops the export."""
    requires_sprint_assignment: bool = False
    """Whether every issue must have a sprint; a ticket without an open one stops the export."""
    requires_priority_levels: bool = False
    """Whether every issue must be given a priority; a ticket without an available one stops the export."""

"""Builds the `IssueDraft` of a ticket from what is known of its project."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any

from jira_session_export._adf import Conversion
from jira_session_export._jira.wire import FieldMetadata, IssueType
from jira_session_export._limits import SUMMARY_MAX_LENGTH
from jira_session_export._mapping.assignee import assignment, default_assignee, instead_of_assignee
from jira_session_export._mapping.draft import ALWAYS_REQUIRED, DescriptionForm, FieldName, IssueDraft
from jira_session_export._mapping.durations import with_joined_estimates
from jira_session_export._mapping.fields import resolve
from jira_session_export._mapping.images import any_image_comes, image_fixes
from jira_session_export._mapping.left_out import left_out_fixes
from jira_session_export._mapping.metadata import ProjectMetadata, find_issue_type
from jira_session_export._mapping.restricting import RESTRICTING_FIELDS, names_restricting_field
from jira_session_export._mapping.richtext import shows_anything, shows_text
from jira_session_export._mapping.screen import EPIC_LINK_TYPE, EPIC_NAME_TYPE, SPRINT_TYPE, CreateScreen
from jira_session_export._mapping.sprints import find_sprint
from jira_session_export._mapping.summary import shorten_summary
from jira_session_export._mapping.values import UnusableValueError, is_blank, one_line
from jira_session_export._mapping.wording import (
    OFF_SCREEN,
    SHORTENED_BY_US,
    choices,
    description_fix,
    full_text_follow_up,
    kind_of,
    left_out,
    shortened_text_fix,
    shown,
)
from jira_session_export._models import Ticket
from jira_session_export._settings import ExportSettings
from jira_session_export._values import UNASSIGNED, FollowUp, ManualFix, ManualFixKind, Marker, Requirements, StepKind
from jira_session_export.errors import TicketError

_NOTHING = Requirements()

RichText = Callable[[str], Conversion]
"""Converts a text in Markdown or HTML."""


def session_label(settings: ExportSettings, session: str) -> str:
    """The label each issue of a session carries: `{session}` stands for the first 8 characters of its id."""
    return _label(settings.marker_label, session)


@lru_cache(maxsize=64)  # the same for all tickets of a session
def _label(marker_label: str, session: str) -> str:
    return marker_label.replace("{session}", session.replace("-", "")[:8])


def session_search(project_key: str, label: str) -> str:
    """JQL for the issues of a session; the marker proves whose they are."""
    return f'project = "{_quoted(project_key)}" AND labels = "{_quoted(label)}" ORDER BY created ASC'


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def build_draft(
    ticket: Ticket,
    description: Conversion,
    metadata: ProjectMetadata,
    *,
    settings: ExportSettings,
    marker: Marker,
    parent_key: str | None,
    rich_text: RichText,
    parent_name: str = "",
    requirements: Requirements | None = None,
) -> IssueDraft:
    """What to send for a ticket.

    Args:
        marker: its session names the marker label.
        parent_key: the parent's issue key; None when it has none, or its ticket has no issue.
        rich_text: for rich-text custom fields given as Markdown or HTML.
        parent_name: what people call the parent's ticket when it has no issue; its id by default.
        requirements: what every issue must have beyond its create screen; None takes the settings'.

    Raises:
        TicketError: the issue type does not exist, or something required is missing or cannot be sent.
    """
    issue_type, screen = _issue_type(ticket, metadata, settings)
    builder = _Builder(ticket, metadata, issue_type, screen, rich_text)
    builder.add_summary()
    builder.attach_full_text = settings.attach_full_text and metadata.allows("CREATE_ATTACHMENTS")
    builder.embed_images = settings.embed_images
    builder.story_points_field = settings.story_points_field
    builder.add_description(description)
    builder.add_image_fixes("description", description, in_place=True)
    builder.add_sprint()
    builder.add_parent(parent_key, parent_name)
    builder.add_story_points()
    for field_id, word, wanted in _plain_wishes(ticket):
        if wanted:
            builder.add(field_id, word, wanted)
    builder.add_assignee("assignee", ticket.assignee)
    builder.add_custom_fields()
    builder.add_defaults()
    builder.check_complete(requirements or _requirements(settings))
    builder.add_marker_label(session_label(settings, marker.session))
    return builder.draft()


def _requirements(settings: ExportSettings) -> Requirements:
    if not (settings.requires_sprint_assignment or settings.requires_assignee or settings.requires_priority_levels):
        return _NOTHING
    return Requirements(
        requires_sprint_assignment=settings.requires_sprint_assignment,
        requires_assignee=settings.requires_assignee,
        requires_priority_levels=settings.requires_priority_levels,
    )


def _plain_wishes(ticket: Ticket) -> Sequence[tuple[str, str, Any]]:
    return (
        ("priority", "priority", ticket.priority),
        ("reporter", "reporter", ticket.reporter),
        ("labels", "labels", ticket.labels),
        ("components", "components", ticket.components),
        ("fixVersions", "fix_versions", ticket.fix_versions),
        ("duedate", "due_date", ticket.due_date),
    )


def _issue_type(ticket: Ticket, metadata: ProjectMetadata, settings: ExportSettings) -> tuple[IssueType, CreateScreen]:
    wanted = ticket.issue_type or settings.default_issue_type
    issue_type = find_issue_type(metadata.issue_types, wanted)
    if issue_type is None:
        available = choices([each.name for each in metadata.issue_types]) or "none"
        raise TicketError(
            f"Project {metadata.project.key} has no issue type {wanted!r}; it has: {available}.",
            ticket_id=ticket.id,
            field="issue_type",
            recovery_actions=["Give the ticket one of the project's issue types, then retry the export."],
        )
    screen = metadata.screen(issue_type.id)
    if screen is None:
        raise TicketError(
            f"The issue type {issue_type.name!r} was given to the ticket after the export had read the project.",
            ticket_id=ticket.id,
            field="issue_type",
            recovery_actions=["Retry the export: it reads the project again."],
        )
    return issue_type, screen


@lru_cache(maxsize=64)
def _names(screen: CreateScreen) -> Mapping[str, FieldName]:
    """Jira's names of a screen's fields: the same for all tickets of an issue type."""
    return {each.field_id: FieldName(each.name, kind=kind_of(each)) for each in screen.fields}


class _Builder:
    def __init__(
        self,
        ticket: Ticket,
        metadata: ProjectMetadata,
        issue_type: IssueType,
        screen: CreateScreen,
        rich_text: RichText,
    ) -> None:
        self.ticket = ticket
        self.metadata = metadata
        self.issue_type = issue_type
        self.screen = screen
        self.rich_text = rich_text
        self.attach_full_text = True
        self.fields: dict[str, Any] = {"project": {"key": metadata.project.key}, "issuetype": {"id": issue_type.id}}
        self.names = dict(_names(screen))
        self.names["issuetype"] = FieldName("issue_type", ticket.issue_type or issue_type.name)
        self.required = ALWAYS_REQUIRED | screen.required if screen.required else ALWAYS_REQUIRED
        self.fixes: list[ManualFix] = []
        self.follow_ups: list[FollowUp] = []
        self.marker_label = ""
        self.description_form = DescriptionForm.WHOLE
        self.embed_images = True
        self.story_points_field = ""

    def draft(self) -> IssueDraft:
        return IssueDraft(
            ticket_id=self.ticket.id,
            fields=MappingProxyType(self.fields),
            required=self.required,
            names=MappingProxyType(self.names),
            manual_fixes=tuple(self.fixes),
            follow_ups=tuple(self.follow_ups),
            marker_label=self.marker_label,
            description_form=self.description_form,
            attach_full_text=self.attach_full_text,
        )

    # -- any field ---------------------------------------------------------------------------------------------------

    def add(self, field_id: str, word: str, wanted: Any) -> None:
        """Send `wanted` in the field, or say that the screen does not show it."""
        if is_blank(wanted):
            return
        shown_field = self.screen.get(field_id)
        if shown_field is None:
            self.off_screen(word, wanted)
        else:
            self.add_to(shown_field, word, wanted)

    def add_to(self, shown_field: FieldMetadata, word: str, wanted: Any) -> None:
        field_id = shown_field.field_id
        resolution = resolve(shown_field, word, wanted, self.metadata, partial(self.converted, word))
        if field_id not in self.fields:
            self.names[field_id] = FieldName(word, shown(wanted), kind_of(shown_field))
        self.fixes.extend(resolution.fixes)
        if resolution.value is not None:
            self.fields[field_id] = resolution.value

    def converted(self, word: str, text: str) -> Mapping[str, Any]:
        """A rich text other than the description; what is missing from it leaves manual fixes."""
        conversion = self.rich_text(text)
        if conversion.full_text is not None:
            self.fixes.append(shortened_text_fix(word))
        self.add_image_fixes(word, conversion, in_place=False)
        return conversion.document

    def add_image_fixes(self, word: str, text: Conversion, *, in_place: bool) -> None:
        self.fixes.extend(left_out_fixes(text, word))
        if self.embed_images:
            self.fixes.extend(image_fixes(text, word, self.ticket.attachments, in_place=in_place))

    def off_screen(self, word: str, wanted: Any, why: str = "", *, action: str = "") -> None:
        why = why or f"the create screen of {self.issue_type.name} does not show such a field"
        action = (
            action or f"Fill in {word} in Jira by hand, or have an administrator add the field to the create screen."
        )
        self.fixes.append(left_out(ManualFixKind.FIELD_NOT_ON_SCREEN, word, shown(wanted), why, action=action))

    # -- the fields with rules of their own --------------------------------------------------------------------------

    def add_summary(self) -> None:
        title = self.ticket.title
        line = one_line(title)
        summary = shorten_summary(line)
        if not summary:
            raise TicketError("The title holds no visible character.", ticket_id=self.ticket.id, field="title")
        self.names["summary"] = FieldName("title", shown(title))
        self.fields["summary"] = summary
        if summary != line:
            self.fixes.append(
                ManualFix(
                    ManualFixKind.FIELD_VALUE_REJECTED,
                    "title",
                    title,
                    f"the summary was cut to {SUMMARY_MAX_LENGTH} characters, the most Jira takes",
                    "Give the issue a shorter summary, and put what is missing into its description.",
                )
            )

    def add_description(self, description: Conversion) -> None:
        has_text = shows_text(description.document)
        self.attach_full_text &= description.full_text is not None or has_text
        comes_with_images = self.embed_images and any_image_comes(description, self.ticket.attachments)
        if not (has_text or comes_with_images or shows_anything(description.document)):
            return  # sent all the same, it would take the place of the field's default text
        if self.screen.get("description") is None:
            self.fixes.append(description_fix(ManualFixKind.FIELD_NOT_ON_SCREEN, OFF_SCREEN, self.attach_full_text))
            self.follow_ups.extend(full_text_follow_up(self.attach_full_text))
            return
        self.names["description"] = FieldName("description", "the whole description")
        self.fields["description"] = description.document
        if description.full_text is not None:
            self.description_form = DescriptionForm.SHORTENED
            self.fixes.append(
                description_fix(ManualFixKind.DESCRIPTION_SHORTENED, SHORTENED_BY_US, self.attach_full_text)
            )
            self.follow_ups.extend(full_text_follow_up(self.attach_full_text))

    def add_assignee(self, word: str, wanted: Any) -> None:
        """Send the assignee, or leave it to a step after the create where the screen does not show the field."""
        if is_blank(wanted):
            return
        chosen = [str(each["id"]) for each in self.fields.get("components", ()) if "id" in each]
        default = default_assignee(self.metadata, chosen)
        on_screen = self.screen.get("assignee") is not None
        found = assignment(wanted, self.metadata, default, on_screen=on_screen, required="assignee" in self.required)
        kind, instead = ManualFixKind.ASSIGNEE_INVALID, instead_of_assignee(default)
        if found.problem is not None:
            problem = found.problem
            self.fixes.append(
                left_out(kind, word, found.asked_for, problem.why, action=problem.action, instead=instead)
            )
        self.names["assignee"] = FieldName(word, found.asked_for, kind, instead)
        if found.account_id:
            self.fields["assignee"] = {"accountId": found.account_id}
        if found.later:
            self.follow_ups.append(FollowUp(StepKind.ASSIGNEE, found.later))

    def add_sprint(self) -> None:
        wanted = self.ticket.sprint
        if wanted is None:
            return
        sprint_field = self.screen.of_type(SPRINT_TYPE)
        if sprint_field is not None:
            self.add_to(sprint_field, "sprint", wanted)
            return
        try:
            sprint_id = self._sprint_for_later(wanted)
        except UnusableValueError as exc:
            self.fixes.append(
                left_out(ManualFixKind.SPRINT_NOT_FOUND, "sprint", str(wanted), exc.why, action=exc.action)
            )
        else:
            self.follow_ups.append(FollowUp(StepKind.SPRINT, str(sprint_id)))

    def _sprint_for_later(self, wanted: str | int) -> int:
        if self.issue_type.subtask:
            raise UnusableValueError("a sub-task is always in its parent's sprint", "Move the parent, if need be.")
        if not self.metadata.allows("SCHEDULE_ISSUES"):
            raise UnusableValueError(
                "the create screen does not show the field, and the exporting account may not schedule issues"
            )
        return find_sprint(wanted, self.metadata)

    def add_parent(self, parent_key: str | None, name: str) -> None:
        if self.issue_type.subtask:
            self.required |= {"parent"}
        if self.ticket.parent is None:
            return
        if parent_key is None:
            self.fixes.append(
                left_out(
                    ManualFixKind.FIELD_VALUE_REJECTED,
                    "parent",
                    name or str(self.ticket.parent),
                    "that ticket has no issue in Jira",
                    action="Export the parent, then set the issue's parent in Jira by hand.",
                )
            )
            return
        epic_link = self.screen.of_type(EPIC_LINK_TYPE)
        if self.screen.get("parent") is not None or self.issue_type.subtask:
            # A sub-task is created under its parent whether or not the screen shows the field.
            self.fields["parent"] = {"key": parent_key}
            self.names["parent"] = FieldName("parent", parent_key)
        elif epic_link is not None:
            self.add_to(epic_link, "parent", parent_key)
        elif self.metadata.allows("EDIT_ISSUES"):
            self.follow_ups.append(FollowUp(StepKind.PARENT, parent_key))
        else:
            self.off_screen(
                "parent",
                parent_key,
                "the create screen does not show the field, and the exporting account may not edit issues",
            )

    def add_story_points(self) -> None:
        if self.ticket.story_points is None:
            return
        wanted = self.ticket.story_points
        team_managed = self.metadata.is_team_managed
        found = self.screen.story_points(team_managed=team_managed, named=self.story_points_field)
        if len(found) == 1:
            self.add_to(found[0], "story_points", wanted)
        elif found:
            ids = choices([each.field_id for each in found])
            self.off_screen(
                "story_points",
                wanted,
                f"several fields are called so ({ids})",
                action="Fill in the story points in Jira by hand; set story_points_field to the right field's id.",
            )
        else:
            self.off_screen("story_points", wanted)

    def add_custom_fields(self) -> None:
        if not self.ticket.custom_fields:
            return
        for name, wanted in with_joined_estimates(self.ticket.custom_fields, self.screen).items():
            if is_blank(wanted):
                continue
            found = self.screen.named(name)
            if any(each.field_id in RESTRICTING_FIELDS for each in found) or (
                not found and names_restricting_field(name)
            ):
                self.add_restriction(name, wanted, found)
            elif len(found) > 1:
                ids = choices([each.field_id for each in found])
                self.off_screen(
                    name,
                    wanted,
                    f"several fields are called so ({ids})",
                    action=f"Fill in {name} in Jira by hand; in tickets, name such a field by its id.",
                )
            elif not found:
                self.off_screen(name, wanted)
            elif found[0].field_id in self.fields and found[0].field_id not in ALWAYS_REQUIRED:
                self.fixes.append(
                    left_out(
                        ManualFixKind.FIELD_VALUE_REJECTED,
                        name,
                        shown(wanted),
                        f"the ticket gives this field twice, and its {self.names[found[0].field_id].word} was used",
                        action="Check the value in Jira.",
                    )
                )
            elif found[0].field_id == "assignee":
                self.add_assignee(name, wanted)
            else:
                self.add_to(found[0], name, wanted)

    def add_restriction(self, name: str, wanted: Any, found: Sequence[FieldMetadata]) -> None:
        """Send what restricts who sees the issue, exactly as asked for.

        Raises:
            TicketError: it cannot be sent.
        """
        if not found:
            why = f"the create screen of {self.issue_type.name} does not show such a field"
            raise self._unrestricted(name, wanted, why)
        if len(found) > 1:
            ids = choices([each.field_id for each in found])
            raise self._unrestricted(name, wanted, f"several fields are called so ({ids})")
        field_id = found[0].field_id
        resolution = resolve(found[0], name, wanted, self.metadata, partial(self.converted, name))
        if resolution.fixes or resolution.value is None:
            why = "; ".join(fix.done_instead.partition("because ")[2] for fix in resolution.fixes)
            raise self._unrestricted(name, wanted, why or "it is empty")
        if self.fields.setdefault(field_id, resolution.value) != resolution.value:
            raise self._unrestricted(name, wanted, f"the ticket gives it as {self.names[field_id].word}, too")
        self.names[field_id] = FieldName(name, shown(wanted))
        self.required |= {field_id}

    def _unrestricted(self, name: str, wanted: Any, why: str) -> TicketError:
        return TicketError(
            f"{name} ({shown(wanted)}) restricts who sees the issue, and cannot be set, because {why}. Without it the "
            "issue is not created.",
            ticket_id=self.ticket.id,
            field=name,
            recovery_actions=[
                f"Correct {name} in the ticket, then retry the export.",
                "Or have a Jira administrator put the field on the create screen, and allow the account to set it.",
            ],
        )

    # -- what the ticket does not say --------------------------------------------------------------------------------

    def add_defaults(self) -> None:
        """Fill in what Jira's own dialog fills in: the reporter, and an epic's name."""
        me = self.metadata.myself
        if "reporter" in self.required and "reporter" not in self.fields and me is not None:
            self.fields["reporter"] = {"accountId": me.account_id}
        epic_name = self.screen.of_type(EPIC_NAME_TYPE)
        if epic_name is not None and epic_name.field_id in self.required:
            self.fields.setdefault(epic_name.field_id, self.fields["summary"])

    def check_complete(self, requirements: Requirements) -> None:
        lacking = sorted(self.required - self.fields.keys())
        missing = [self.names.get(each, FieldName(each)).word for each in lacking]
        missing += self._unmet(requirements)
        if not missing:
            return
        words = list(dict.fromkeys(missing))
        raise TicketError(
            " ".join(self._why_missing(word) for word in words), ticket_id=self.ticket.id, field=", ".join(words)
        )

    def _why_missing(self, word: str) -> str:
        fixes = [fix for fix in self.fixes if fix.field == word]
        if not fixes:
            allowed = self._allowed(word)
            return f"{word} is mandatory, and the ticket does not give it{f' (one of: {allowed})' if allowed else ''}."
        return " ".join(f"{fix.field} is mandatory: asked for {fix.asked_for}; {fix.done_instead}." for fix in fixes)

    def _allowed(self, word: str) -> str:
        found = next((each for each in self.screen.fields if self.names[each.field_id].word == word), None)
        return choices([each.label for each in found.allowed_values or ()]) if found else ""

    def _unmet(self, requirements: Requirements) -> Iterator[str]:
        """Adds what the requirements make mandatory, and gives the words of what is missing."""
        if requirements is _NOTHING:
            return
        follow_ups = {each.kind for each in self.follow_ups if each.target != UNASSIGNED}
        sprint = self.screen.of_type(SPRINT_TYPE)
        sprint_id = sprint.field_id if sprint else "sprint"
        for wanted, field_id, word, later in (
            (requirements.requires_assignee, "assignee", "assignee", StepKind.ASSIGNEE),
            (requirements.requires_priority_levels, "priority", "priority", None),
            # A sub-task takes its parent's.
            (
                requirements.requires_sprint_assignment and not self.issue_type.subtask,
                sprint_id,
                "sprint",
                StepKind.SPRINT,
            ),
        ):
            if wanted:
                self.required |= {field_id}
                if field_id not in self.fields and later not in follow_ups:
                    yield word

    def add_marker_label(self, label: str) -> None:
        if not label or self.screen.get("labels") is None:
            return
        self.marker_label = label
        self.fields["labels"] = [*(each for each in self.fields.get("labels", ()) if each != label), label]

"""What Jira says when it refuses, in the languages an account may have."""

from collections.abc import Mapping
from string import Template
from typing import Literal

# Texts are those seen in public issues and fixtures of live sites where there are any; only the field ids beside them
# may be relied on, which is why a second language is here at all.
_ENGLISH: Mapping[str, str] = {
    "assignee_not_assignable": "User '$name' cannot be assigned issues.",
    "assignee_required": "Issues must be assigned.",
    "account_unknown": "Account ID $account_id does not exist.",
    "user_unknown": "Specified user does not exist or you do not have required permissions",
    "attachment_missing": "The attachment with id '$id' does not exist",
    "attachment_too_large": "The field file exceeds its maximum permitted size of $limit bytes.",
    "attachments_too_many": "The number of files exceeds the maximum of $limit per request.",
    "attachments_per_issue": "The issue has reached its limit of $limit attachments.",
    "asset_invalid": "The Assets object $value is not valid",
    "board_missing": "Board does not exist or you do not have permission to see it.",
    "board_without_sprints": "The board does not support sprints",
    "both_fields_and_update": "Field '$field' cannot be set in both 'fields' and 'update'.",
    "bulk_too_many": "The limit of $limit issues per request was exceeded.",
    "comment_invalid": "Comment body is not valid!",
    "comment_forbidden": "$name, you do not have the permission to comment on this issue.",
    "component_name": "Component name '$value' is not valid",
    "component_id": "Component id '$value' is not valid",
    "content_limit": "CONTENT_LIMIT_EXCEEDED",
    "create_forbidden": "You do not have permission to create issues in this project.",
    "date_invalid": "Error parsing date string: $value",
    "datetime_invalid": "Error parsing time: $value",
    "edit_forbidden": "You do not have permission to edit issues in this project.",
    "delete_forbidden": "You do not have permission to delete issues in this project.",
    "delete_has_subtasks": (
        "The issue '$key' has subtasks.  You must specify the 'deleteSubtasks' parameter to delete this issue and all "
        "its subtasks."
    ),
    "epic_missing": "The requested epic does not exist, or you do not have permission to see it.",
    "epic_team_managed": "This operation does not work for epics and issues of team-managed projects.",
    "field_off_screen": "Field '$field' cannot be set. It is not on the appropriate screen, or unknown.",
    "field_required": "$name is required.",
    "issue_missing": "Issue does not exist or you do not have permission to see it.",
    "group_missing": "The group '$name' does not exist.",
    "group_shape": "A group must be given by its name.",
    "issue_type_invalid": "The issue type selected is invalid.",
    "issue_type_required": "Specify a valid issue type",
    "json_invalid": "There was an error parsing JSON. Check that your request body is valid.",
    "label_spaces": "The label '$label' contains spaces which is invalid.",
    "label_too_long": "The label '$label' exceeds the maximum length of 255 characters.",
    "link_type_missing": "No issue link type with name '$name' found.",
    "link_forbidden": "You do not have permission to link issues in this project.",
    "link_itself": "You cannot link an issue to itself.",
    "link_missing": "No issue link with id '$id' exists.",
    "not_an_array": "data was not an array",
    "not_an_object": "data was not an object",
    "not_a_document": "Operation value must be an Atlassian Document (see the Atlassian Document Format)",
    "not_a_number": "Operation value must be a number",
    "not_a_string": "Operation value must be a string",
    "not_authenticated": "Client must be authenticated to access this resource.",
    "notify_forbidden": "To discard the user notification either admin or project admin permissions are required.",
    "option_id": "Option id '$value' is not valid",
    "option_value": "Option value '$value' is not valid",
    "option_shape": "Could not find valid 'id' or 'value' in the Parent Option object.",
    "organization_missing": "The organization $id does not exist.",
    "organization_shape": "Organizations are given by their numbers.",
    "page_too_large": "Parameter 'maxResults' must not exceed the limit '$limit'",
    "parent_hierarchy": "Given parent work item does not belong to appropriate hierarchy.",
    "parent_missing": "Could not find issue by id or key.",
    "parent_required": "Issue type is a sub-task but parent issue key or id not specified.",
    "payload_invalid": "Invalid request payload. Refer to the REST API documentation and try again.",
    "permission_unknown": "Unrecognized permission: $key",
    "permissions_missing": "The 'permissions' query parameter is required.",
    "priority_invalid": "The priority selected is invalid.",
    "priority_shape": "Could not find valid 'id' or 'name' in priority object.",
    "priority_string": "Specify the Priority (id or name) in the string format",
    "project_missing": "No project could be found with key '$key'.",
    "project_required": "project is required",
    "project_invalid": "valid project is required",
    "property_missing": "The property '$key' does not exist.",
    "property_key_too_long": "The property key exceeds the maximum length of 255 characters.",
    "property_too_long": "The property value exceeds the maximum length of 32768 characters.",
    "rate_limited": "The request has been rate-limited. Please try again later.",
    "remote_link_missing": "No remote issue link with global id '$id' was found.",
    "request_type_missing": "The request type '$value' does not exist.",
    "remote_title": "'title' is required.",
    "remote_url": "'url' is required.",
    "search_bad_token": "The provided next page token is invalid or expired.",
    "search_removed": (
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration "
        "guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
    ),
    "search_unbounded": ("Unbounded JQL queries are not allowed here. Please add a search restriction to your query."),
    "security_invalid": "The issue security level selected is invalid.",
    "security_shape": "Could not find valid 'id' or 'name' in security level object.",
    "sprint_missing": "We could not find the sprint",
    "sprint_number": "Number value expected as the Sprint id.",
    "sprint_closed": "Issue can be assigned only active or future sprints.",
    "sprint_invalid": "Specify a valid value for Sprint",
    "sprint_completed": "You must specify a sprint which has not been completed.",
    "sprint_forbidden": "You do not have permission to schedule issues in this project.",
    "status_missing": "It seems that you have tried to perform an illegal workflow operation.",
    "summary_required": "You must specify a summary of the issue.",
    "summary_newline": "The summary is invalid because it contains newline characters.",
    "summary_too_long": "Summary must be less than 255 characters.",
    "team_invalid": "Team Id '$value' is not valid",
    "time_invalid": "The original estimate specified is not valid.",
    "time_shape": "Only originalEstimate and remainingEstimate can be set.",
    "text_too_long": "The entered text is too long. It exceeds the allowed limit of $limit characters.",
    "url_invalid": "Not a valid URL",
    "user_query": "Exactly one of the parameters 'query' and 'accountId' must be given.",
    "user_project": "Either 'project' or 'issueKey' must be given.",
    "user_forbidden": "You are not authorized to browse users.",
    "gdpr": "'accountId' must be the only user identifying query parameter in GDPR strict mode",
    "version_name": "Version name '$value' is not valid",
    "version_id": "Version id '$value' is not valid",
}

_GERMAN: Mapping[str, str] = {
    "assignee_not_assignable": "Dem Benutzer '$name' können keine Vorgänge zugewiesen werden.",
    "assignee_required": "Vorgänge müssen zugewiesen werden.",
    "account_unknown": "Die Konto-ID $account_id gibt es nicht.",
    "create_forbidden": "Sie haben keine Berechtigung, in diesem Projekt Vorgänge zu erstellen.",
    "component_name": "Der Komponentenname '$value' ist ungültig",
    "date_invalid": "Fehler beim Lesen des Datums: $value",
    "field_off_screen": "Das Feld '$field' kann nicht gesetzt werden. Es fehlt auf der Maske oder ist unbekannt.",
    "field_required": "$name ist erforderlich.",
    "issue_missing": "Der Vorgang existiert nicht, oder Sie dürfen ihn nicht sehen.",
    "issue_type_invalid": "Der gewählte Vorgangstyp ist ungültig.",
    "issue_type_required": "Geben Sie einen gültigen Vorgangstyp an",
    "label_spaces": "Das Stichwort '$label' enthält Leerzeichen und ist daher ungültig.",
    "not_authenticated": "Der Client muss angemeldet sein, um auf diese Ressource zuzugreifen.",
    "option_id": "Die Options-ID '$value' ist ungültig",
    "option_value": "Der Optionswert '$value' ist ungültig",
    "parent_hierarchy": "Der übergeordnete Vorgang gehört nicht zur passenden Hierarchie.",
    "priority_invalid": "Die gewählte Priorität ist ungültig.",
    "project_missing": "Es wurde kein Projekt mit dem Schlüssel '$key' gefunden.",
    "project_required": "Projekt ist erforderlich",
    "project_invalid": "Gültiges Projekt ist erforderlich",
    "rate_limited": "Zu viele Anfragen. Bitte versuchen Sie es später noch einmal.",
    "sprint_closed": "Vorgänge können nur aktiven oder künftigen Sprints zugewiesen werden.",
    "sprint_completed": "Sie müssen einen Sprint angeben, der noch nicht abgeschlossen ist.",
    "sprint_invalid": "Geben Sie einen gültigen Wert für Sprint an",
    "sprint_number": "Als Sprint-ID wird eine Zahl erwartet.",
    "summary_required": "Sie müssen eine Zusammenfassung des Vorgangs angeben.",
    "summary_newline": "Die Zusammenfassung ist ungültig, weil sie Zeilenumbrüche enthält.",
    "summary_too_long": "Die Zusammenfassung muss kürzer als 255 Zeichen sein.",
    "text_too_long": "Der eingegebene Text ist zu lang. Erlaubt sind $limit Zeichen.",
    "version_name": "Der Versionsname '$value' ist ungültig",
}

Language = Literal["en", "de"]

_LANGUAGES: Mapping[Language, Mapping[str, str]] = {"en": _ENGLISH, "de": {**_ENGLISH, **_GERMAN}}


def message(language: Language, name: str, /, **facts: object) -> str:
    """Jira's message of that name, in the account's language.

    Args:
        language: `en` or `de`; what has no German text here comes in English, as it does in life.
        facts: what the message quotes.
    """
    return Template(_LANGUAGES[language][name]).substitute({key: str(value) for key, value in facts.items()})

"""The endpoints, by family."""

from jira_session_export._testing.fake_jira.routes import (
    agile,
    attachments,
    browsing,
    catalogue,
    comments,
    identity,
    issues,
    links,
    projects,
    properties,
    searching,
    users,
)

FAMILIES = (
    identity.API,
    identity.EDGE,
    projects.API,
    users.API,
    catalogue.API,
    agile.AGILE,
    issues.API,
    attachments.API,
    attachments.MEDIA,
    links.API,
    comments.API,
    properties.API,
    searching.API,
    browsing.PAGES,
)

"""Who calls, where, and what they may do."""

from jira_session_export._testing.fake_jira.exchange import Answer, Refused
from jira_session_export._testing.fake_jira.permissions import PERMISSIONS
from jira_session_export._testing.fake_jira.routing import READ_USERS, READ_WORK, Call, Routes

API = Routes("/rest/api/{version}")
EDGE = Routes()


@API("GET", "/myself", READ_USERS)
def myself(call: Call) -> Answer:
    """The caller."""
    return Answer.json(200, call.view.myself(call.user))


@API("GET", "/serverInfo", READ_WORK, is_open=True)
def server_info(call: Call) -> Answer:
    """The site; open to everybody."""
    site = call.site
    return Answer.json(
        200,
        {
            "baseUrl": site.base_url,
            "displayUrl": site.base_url,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100295,
            "buildDate": "2026-01-05T00:00:00.000+0000",
            "serverTime": call.view.timestamp(site.now()),
            "scmInfo": "0000000000000000000000000000000000000000",
            "serverTitle": site.title,
            "serverTimeZone": "Etc/UTC",
        },
    )


@API("GET", "/mypermissions", READ_WORK, is_open=True)
def my_permissions(call: Call) -> Answer:
    """Which of the permissions asked for the caller holds, site-wide, in a project or on an issue."""
    wanted = call.list_param("permissions")
    if not wanted:
        raise Refused(400, call.site.say("permissions_missing"))
    unknown = [key for key in wanted if key not in PERMISSIONS]
    if unknown:
        raise Refused(400, call.site.say("permission_unknown", key=unknown[0]))
    project_key = _project_key(call)
    return Answer.json(
        200,
        {
            "permissions": {
                key: {
                    "id": PERMISSIONS[key].id,
                    "key": key,
                    "name": PERMISSIONS[key].name,
                    "type": PERMISSIONS[key].type,
                    "description": "",
                    "havePermission": call.may(key, project_key),
                }
                for key in wanted
            }
        },
    )


def _project_key(call: Call) -> str | None:
    project = call.param("projectKey") or call.param("projectId")
    if project is not None:
        return call.project(project).key
    issue = call.param("issueKey") or call.param("issueId")
    return call.issue(issue).project_key if issue is not None else None


@EDGE("GET", "/_edge/tenant_info", is_open=True)
def tenant_info(call: Call) -> Answer:
    """The site's cloud id; open to everybody."""
    return Answer.json(200, {"cloudId": call.site.cloud_id})

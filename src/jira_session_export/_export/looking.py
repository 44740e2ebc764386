"""Looks up in Jira what a session's tickets name: people, sprints, teams; a few at a time."""

from collections.abc import Awaitable, Sequence

from jira_session_export._export.asking import alone, bound, or_refusal, together
from jira_session_export._export.ports import ProjectSource
from jira_session_export._jira.wire import Sprint, Team, User
from jira_session_export._mapping.lookups import Lookups
from jira_session_export._mapping.metadata import Found
from jira_session_export._mapping.names import name_key
from jira_session_export.errors import NotFoundError, RefusedError

AT_A_TIME = 4
"""Look-ups under way at once: user searches have a limit of their own, which all of a site's users share."""
MOST_USERS = 1000
"""Jira looks at no user beyond the thousandth; with fewer, a name that many others begin with would be missed."""
MOST_BOARDS_FOR_CLOSED = 20
"""Boards whose closed sprints are read for an explanation; a board may have hundreds of them."""


async def look_up(jira: ProjectSource, key: str, known_boards: Sequence[int], lookups: Lookups) -> Found:
    """What Jira answers. What it refuses is left out, with its reason where somebody will want to know it.

    Args:
        key: the project's.
        known_boards: ids of its boards that have sprints, where they were read before.

    Raises:
        AuthenticationError: Jira does not accept the credentials.
        JiraError: Jira could not be asked.
    """
    assignable: dict[str, Sequence[User]] = {}
    people: dict[str, Sequence[User]] = {}
    people_refused: dict[str, str] = {}
    sprints: dict[int, Sprint | None] = {}
    teams: dict[str, Sequence[Team]] = {}
    boards: Sequence[int] = ()
    opened: Sequence[Sprint] | None = None
    closed: Sequence[Sprint] = ()
    boards_refused = ""

    async def person(term: str, found: dict[str, Sequence[User]], search: Awaitable[Sequence[User]]) -> None:
        users, refused = await or_refusal(search)
        if refused is None:
            found[term] = users
        else:
            people_refused[term] = refused.user_message

    async def assignee(term: str) -> None:
        await person(term, assignable, jira.assignable_users(key, query=term, max_results=MOST_USERS))

    async def account(term: str) -> None:
        await person(term, assignable, jira.assignable_users(key, account_id=term))

    async def somebody(term: str) -> None:
        await person(term, people, jira.users(term, max_results=MOST_USERS))

    async def sprint(sprint_id: int) -> None:
        found, refused = await or_refusal(alone(jira.sprint(sprint_id)))
        if refused is None:
            sprints[sprint_id] = found[0]
        elif isinstance(refused, NotFoundError):
            sprints[sprint_id] = None

    async def team(field_name: str, term: str) -> None:
        found, refused = await or_refusal(jira.teams(field_name, term))
        if refused is None:
            teams[term] = found

    async def open_sprints() -> None:
        nonlocal boards, opened, boards_refused
        found, refused = await or_refusal(jira.boards(key))
        boards = [board.id for board in found if board.type != "kanban"]
        opened, boards_refused = ((), refused.user_message) if refused else await _open_sprints(jira, boards)

    async def closed_sprints() -> None:
        nonlocal closed
        closed = await _closed_sprints(jira, known_boards, lookups.closed_sprints)

    await together(
        *(bound(account, each) for each in lookups.account_ids),
        *(bound(assignee, each) for each in lookups.assignees),
        *(bound(somebody, each) for each in lookups.people),
        *(bound(sprint, each) for each in lookups.sprint_ids),
        *(bound(team, *each) for each in lookups.teams),
        *((open_sprints,) if lookups.open_sprints else ()),
        *((closed_sprints,) if lookups.closed_sprints else ()),
        at_a_time=AT_A_TIME,
    )
    return Found(
        assignable=assignable,
        people=people,
        people_refused=people_refused,
        sprints=sprints,
        boards=boards,
        open_sprints=opened,
        boards_refused=boards_refused,
        closed_sprints=closed,
        closed_names=lookups.closed_sprints,
        teams=teams,
    )


async def _open_sprints(jira: ProjectSource, boards: Sequence[int]) -> tuple[Sequence[Sprint], str]:
    """The open sprints of the boards, each once, and why they cannot be read; empty where they can.

    A single board that refuses is one the account may not see, or one without sprints.
    """

    async def of_board(board: int) -> tuple[Sequence[Sprint], RefusedError | None]:
        return await or_refusal(jira.sprints(board, ("active", "future")))

    answers = await together(*(bound(of_board, board) for board in boards), at_a_time=AT_A_TIME)
    refusals = [why for _, why in answers if why is not None]
    all_refused = bool(refusals) and len(refusals) == len(answers)
    found = {sprint.id: sprint for sprints, _ in answers for sprint in sprints}
    return tuple(found.values()), refusals[0].user_message if all_refused else ""


async def _closed_sprints(jira: ProjectSource, boards: Sequence[int], names: Sequence[str]) -> Sequence[Sprint]:
    """Closed sprints with one of the names, to tell "closed" from "no such sprint"; not worth reading everything."""
    missing = {name_key(name) for name in names}
    found: dict[int, Sprint] = {}
    for board in boards[:MOST_BOARDS_FOR_CLOSED]:
        sprints, _ = await or_refusal(jira.sprints(board, ("closed",)))
        found.update((each.id, each) for each in sprints if name_key(each.name) in missing)
        if missing <= {name_key(each.name) for each in found.values()}:
            break
    return tuple(found.values())

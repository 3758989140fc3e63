"""Reads a linked Redmine through Merge's official SDK and holds it against Redmine's own answers.

    redmine_sdk.py compare         counts, and every difference found
    redmine_sdk.py changed TIME    remote id and name of the tickets modified after TIME
    redmine_sdk.py deleted         how many tickets are listed with and without deleted ones

Environment: BASE_URL (ends in /api), API_KEY, ACCOUNT_TOKEN, REDMINE_URL, REDMINE_KEY. Prints one JSON value.
"""

import datetime
import json
import os
import sys

import httpx
from merge import Merge

UTC = datetime.timezone.utc
STATUS = {"New": "OPEN", "In Progress": "IN_PROGRESS", "Feedback": "ON_HOLD", "Resolved": "CLOSED", "Closed": "CLOSED", "Rejected": "CLOSED"}
PRIORITY = {"Low": "LOW", "Normal": "NORMAL", "High": "HIGH", "Urgent": "URGENT", "Immediate": "URGENT"}

merge = Merge(base_url=os.environ["BASE_URL"], api_key=os.environ["API_KEY"], account_token=os.environ["ACCOUNT_TOKEN"])
redmine = httpx.Client(base_url=os.environ["REDMINE_URL"], headers={"X-Redmine-API-Key": os.environ["REDMINE_KEY"]}, timeout=60)
differences = []


def listed(resource, **params):
    """Every page of a list."""
    cursor, found = None, []
    while True:
        page = getattr(merge.ticketing, resource).list(page_size=100, cursor=cursor, **params)
        found += page.results
        cursor = page.next
        if not cursor:
            return found


def of_redmine(path, key, **params):
    found = []
    while True:
        page = redmine.get(path, params={"limit": 100, "offset": len(found), **params}).raise_for_status().json()
        found += page[key]
        if len(found) >= page["total_count"]:
            return found


def same(what, mine, theirs):
    if mine != theirs:
        differences.append(f"{what}: {mine!r} here, {theirs!r} in Redmine")


def word(value):
    return getattr(value, "value", value)


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC) if text else None


def day(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def compare_ticket(ticket, issue, names):
    """`names` gives the remote id behind one of our ids."""
    what = f"issue {issue['id']}"
    same(f"{what} name", ticket.name, issue["subject"])
    same(f"{what} description", ticket.description or None, issue["description"] or None)
    same(f"{what} status", word(ticket.status), STATUS[issue["status"]["name"]])
    same(f"{what} priority", word(ticket.priority), PRIORITY[issue["priority"]["name"]])
    same(f"{what} ticket_type", ticket.ticket_type, issue["tracker"]["name"])
    same(f"{what} creator", names.get(ticket.creator), f"user {issue['author']['id']}")
    wanted = [f"user {issue['assigned_to']['id']}"] if issue.get("assigned_to") else []
    same(f"{what} assignees", [names.get(one) for one in ticket.assignees], wanted)
    wanted = [f"collection {issue['project']['id']}"]
    wanted += [f"collection version-{issue['fixed_version']['id']}"] if issue.get("fixed_version") else []
    same(f"{what} collections", [names.get(one) for one in ticket.collections], wanted)
    same(f"{what} tags", ticket.tags, [issue["category"]["name"]] if issue.get("category") else [])
    same(f"{what} parent", names.get(ticket.parent_ticket), f"ticket {issue['parent']['id']}" if issue.get("parent") else None)
    same(f"{what} due_date", ticket.due_date, day(issue["due_date"]))
    same(f"{what} completed_at", ticket.completed_at, moment(issue["closed_on"]))
    same(f"{what} remote_created_at", ticket.remote_created_at, moment(issue["created_on"]))
    same(f"{what} remote_updated_at", ticket.remote_updated_at, moment(issue["updated_on"]))
    same(f"{what} url", ticket.ticket_url, f"{os.environ['REDMINE_URL']}/issues/{issue['id']}")


def compare():
    tickets, comments, users, projects = (listed(name) for name in ("tickets", "comments", "users", "projects"))
    names = {one.id: f"user {one.remote_id}" for one in users} | {one.id: f"ticket {one.remote_id}" for one in tickets}
    names |= {one.id: f"collection {one.remote_id}" for one in listed("collections")}
    issues = {str(issue["id"]): issue for issue in of_redmine("/issues.json", "issues", status_id="*")}
    same("ids of tickets", sorted(one.remote_id for one in tickets), sorted(issues))
    for ticket in tickets:
        if ticket.remote_id in issues:
            compare_ticket(ticket, issues[ticket.remote_id], names)
    theirs = {str(user["id"]): user for user in of_redmine("/users.json", "users")}
    for user in users:
        wanted = theirs[user.remote_id]
        same(f"user {user.remote_id}", (user.name, user.email_address), (f"{wanted['firstname']} {wanted['lastname']}", wanted["mail"]))
    theirs = {str(project["id"]): project for project in of_redmine("/projects.json", "projects")}
    for project in projects:
        wanted = theirs[project.remote_id]
        same(f"project {project.remote_id}", (project.name, project.description), (wanted["name"], wanted["description"]))
    for issue in ("1", "25", "101", "999", "500") if comments else ():
        entries = redmine.get(f"/issues/{issue}.json", params={"include": "journals"}).raise_for_status().json()["issue"]["journals"]
        wanted = [(str(one["id"]), one["notes"], f"user {one['user']['id']}", one["private_notes"]) for one in entries if one["notes"]]
        mine = [one for one in comments if names.get(one.ticket) == f"ticket {issue}"]
        same(f"comments of {issue}", sorted((one.remote_id, one.body, names.get(one.user), one.is_private) for one in mine), sorted(wanted))
    one = merge.ticketing.tickets.retrieve(tickets[0].id, include_remote_data=True)
    same("remote data", one.remote_data[0].data["id"], int(one.remote_id))
    counts = {"tickets": len(tickets), "comments": len(comments), "users": len(users), "projects": len(projects)}
    return counts | {"differences": differences[:20]}


def changed(after):
    found = listed("tickets", modified_after=moment(after))
    return [[one.remote_id, one.name] for one in found]


def deleted():
    everything = listed("tickets", include_deleted_data=True)
    gone = [one.remote_id for one in everything if one.remote_was_deleted]
    return {"listed": len(listed("tickets")), "with_deleted": len(everything), "deleted": gone}


if __name__ == "__main__":
    print(json.dumps({"compare": compare, "changed": changed, "deleted": deleted}[sys.argv[1]](*sys.argv[2:])))

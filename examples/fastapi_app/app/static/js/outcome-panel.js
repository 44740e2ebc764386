// The card that is shown while no export runs: before, after, and in between.

import { busy, h, icon } from "./dom.js";
import { CATEGORIES, clock, minutes, plural, when } from "./format.js";
import { problemNotice } from "./problem.js";

export function outcomePanel(view) {
  switch (view.session.status) {
    case "completed":
      return completed(view);
    case "export_failed":
      return failed(view);
    default:
      return ready(view);
  }
}

function completed(view) {
  const { session } = view;
  const { manual_fixes_needed: fixes, tickets_left_out: leftOut } = session;
  return h(
    "div.card.run.completed",
    {},
    h(
      "div.run-head",
      {},
      h(
        "div",
        {},
        h("h2.run-title", {}, icon("done"), `${plural(session.tickets_exported, "ticket")} exported`),
        h(
          "p.lead",
          {},
          fixes
            ? `${plural(fixes, "thing")} could not be carried over as asked. Put ${fixes === 1 ? "it" : "them"} right in Jira with the check list.`
            : "Everything was carried over as asked.",
          leftOut > 0 && ` ${plural(leftOut, "ticket was", "tickets were")} left out.`,
          session.completed_at && ` Completed ${when(session.completed_at)}.`,
        ),
      ),
      h(
        "div.actions",
        {},
        leftOut > 0 && !session.archived_at && startButton(view, "Export what was left out", ""),
        h("a.button.primary", { href: view.href("results") }, fixes ? "Open the check list" : "See the issues"),
      ),
    ),
  );
}

function failed(view) {
  const { session, service } = view;
  const { failure } = session;
  const category = CATEGORIES[failure?.category] ?? CATEGORIES.admin_required;
  const actions = failure?.recovery_actions ?? [];
  return h(
    "div.card.run.failed",
    { role: "alert" },
    h(
      "div.run-head",
      {},
      h(
        "div",
        {},
        h("h2.run-title", {}, icon("alert"), "The export stopped"),
        h(
          "p.meta",
          {},
          h("span.lozenge", { class: category.tone }, category.text),
          h("span", {}, `${session.tickets_exported.toLocaleString()} of ${plural(session.total_tickets, "ticket")} exported`),
          session.failed_at && h("span", {}, when(session.failed_at)),
        ),
      ),
      h(
        "div.actions",
        {},
        failure?.ticket_id && h("a.button", { href: view.href("tickets", failure.ticket_id) }, `Show ticket ${failure.ticket_order}`),
        failure?.ticket_id && failure.retry_available && leaveOutButton(view, failure),
        failure?.retry_available &&
          h(
            "button.button.primary",
            { type: "button", id: "retry", onclick: (event) => busy(event.currentTarget, () => view.retry()) },
            icon("retry"),
            "Retry",
          ),
        failure && !failure.retry_available && service.administrator &&
          h(
            "button.button.primary",
            { type: "button", id: "release", onclick: (event) => busy(event.currentTarget, () => view.release()) },
            "Release for more retries",
          ),
      ),
    ),
    h("p.failure-message", {}, failure?.message),
    actions.length > 0 && h(actions.length > 1 ? "ol.failure-actions" : "ul.failure-actions", {}, actions.map((action) => h("li", {}, action))),
    h("p.muted.small.failure-note", {}, retryNote(failure, service)),
  );
}

function leaveOutButton(view, failure) {
  return h(
    "button.button",
    {
      type: "button",
      id: "leave-out",
      title: "The other tickets are exported; this one can be exported later",
      onclick: (event) => busy(event.currentTarget, () => view.retry({ skip: [failure.ticket_id] })),
    },
    `Leave ticket ${failure.ticket_order} out and retry`,
  );
}

function retryNote(failure, service) {
  if (!failure) return "";
  if (!failure.retry_available) {
    return !service.administrator
      ? "All retries are used up. What exists in Jira stays; the results list it. An administrator can release the session for more retries."
      : "All retries are used up. What exists in Jira stays; the results list it. Once the cause is put right, release the session for more retries.";
  }
  const wait = failure.retry_not_before && Date.parse(failure.retry_not_before) > Date.now()
    ? `Jira asks to wait until ${clock(new Date(failure.retry_not_before))}. `
    : "";
  return `${wait}The retry goes on where it stopped; no issue is created twice. ${plural(failure.retries_left, "retry", "retries")} left.`;
}

function startButton(view, text, tone = "primary") {
  return h(
    "button.button",
    { type: "button", id: "start", class: tone, onclick: (event) => busy(event.currentTarget, () => view.start()) },
    icon("play"),
    text,
  );
}

function ready(view) {
  const { session, plan, service } = view;
  const going = session.status === "cancelled";
  const open = session.total_tickets - session.tickets_exported;
  const { pause_seconds: pause, bulk_size: bulk } = service;
  const perTicket = bulk === 1 ? pause + 0.5 : (pause + 0.5) / bulk + 0.05;
  const estimate = Math.max(1, Math.ceil((open * perTicket) / 60));
  return h(
    "div.card.run",
    {},
    h(
      "div.run-head",
      {},
      h(
        "div",
        {},
        h("h2", {}, going ? "Cancelled" : "Ready to export"),
        h(
          "p.lead",
          {},
          going
            ? `${session.tickets_exported.toLocaleString()} of ${plural(session.total_tickets, "ticket")} are in Jira. The rest takes about ${minutes(estimate)}.`
            : `${plural(open, "ticket")} for project ${session.project_key}, in about ${minutes(estimate)}.`,
          session.archived_at && " It is archived; take it out of the archive to start it.",
        ),
        h("div.facts", { id: "predictions" }, predictions(plan)),
      ),
      !session.archived_at &&
        h(
          "div.actions",
          {},
          h(
            "button.button",
            { type: "button", id: "dry-run", class: plan.busy ? "busy" : "", disabled: plan.busy, onclick: () => plan.make() },
            plan.busy ? "Dry run at work" : "Dry run",
          ),
          startButton(view, going ? "Continue export" : "Start export"),
        ),
    ),
    plan.problem && h("div.below", {}, problemNotice(plan.problem)),
  );
}

function predictions({ counts }) {
  if (!counts) return [];
  const { tickets_blocked: blocked, manual_fixes_predicted: fixes, losses_predicted: losses } = counts;
  return [
    blocked
      ? h("span.lozenge.bad", {}, `${plural(blocked, "ticket")} cannot be sent as ${blocked === 1 ? "it is" : "they are"}`)
      : h("span.lozenge.good", {}, "Every ticket can be sent"),
    fixes > 0 && h("span.lozenge.warn", {}, `${plural(fixes, "manual fix", "manual fixes")} expected`),
    losses > 0 && h("span.lozenge", {}, `${plural(losses, "detail")} of descriptions simplified`),
  ];
}

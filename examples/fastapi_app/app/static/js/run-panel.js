// The card that says how the export stands, and lets one act.

import { busy, fill, h, icon } from "./dom.js";
import { CATEGORIES, duration, minutes, plural, when } from "./format.js";
import { problemNotice } from "./problem.js";

const PACE_WINDOW_MS = 60_000;

/** What is shown while an export runs. */
export class LivePanel {
  #view;
  #samples = [];
  #completed = -1;
  #ticker;
  #percent = h("span", {}, "0");
  #stage = h("p.title", {}, "Starting");
  #fillBar = h("span");
  #bar = h("div.bar", { role: "progressbar", "aria-label": "Export progress", "aria-valuemin": "0", "aria-valuemax": "100" }, this.#fillBar);
  #done = h("dd", {}, "–");
  #pace = h("dd", {}, "–");
  #remaining = h("dd", {}, "–");
  #elapsed = h("dd", {}, "–");
  #connection = h("span.lozenge", { id: "connection" }, "Connecting");
  #announcer = h("p.visually-hidden", { role: "status" });
  #announced = 0;
  #cancel = h("button.button.small", { type: "button", onclick: () => this.#askToCancel() }, "Cancel export");

  constructor(view) {
    this.#view = view;
    this.element = h(
      "div.card.run.live",
      {},
      h(
        "div.live-top",
        {},
        h("div.live-percent", {}, this.#percent, h("small", {}, "%")),
        h("div.live-stage", {}, h("p.muted.small", {}, `Exporting to ${view.session.project_key}`), this.#stage),
      ),
      this.#bar,
      h(
        "dl.stats",
        {},
        stat("Exported", this.#done),
        stat("Pace", this.#pace),
        stat("Remaining", this.#remaining),
        stat("Elapsed", this.#elapsed),
      ),
      h("div.live-foot", {}, this.#connection, this.#cancel),
      this.#announcer,
    );
    this.#ticker = setInterval(() => this.#tick(), 1000);
    this.#tick();
  }

  stop() {
    clearInterval(this.#ticker);
  }

  /** Show a progress message; whether another ticket is done. */
  update(message) {
    const { progress_percentage: percent, tickets_completed: completed, total_tickets: total } = message;
    fill(this.#percent, percent.toFixed(percent < 10 ? 1 : 0));
    fill(this.#stage, message.current_stage);
    this.#fillBar.style.width = `${percent}%`;
    this.#bar.setAttribute("aria-valuenow", String(percent));
    this.#bar.setAttribute("aria-valuetext", `${completed} of ${total} tickets exported`);
    fill(this.#done, `${completed.toLocaleString()} of ${total.toLocaleString()}`);
    const isNews = completed !== this.#completed;
    this.#completed = completed;
    const pace = this.#measure(completed);
    fill(this.#pace, pace ? `${(60 * pace).toFixed(pace < 1 / 6 ? 1 : 0)} / min` : "–");
    const left = message.estimated_time_remaining_minutes;
    if (pace && completed < total) fill(this.#remaining, duration((total - completed) / pace));
    else fill(this.#remaining, left === null || left === undefined ? "–" : left <= 1 ? "under 1 min" : `${left} min`);
    this.#announce(percent, completed, total);
    return isNews;
  }

  connection(state) {
    const [text, tone] = {
      live: ["Live", "good pulse"],
      polling: ["Polling every 2 s", "warn"],
      offline: ["Connection lost, trying again", "bad"],
    }[state];
    if (this.#connection.textContent === text) return;
    this.#connection.className = `lozenge ${tone}`;
    fill(this.#connection, text);
  }

  cancelling() {
    this.#cancel.disabled = true;
    fill(this.#cancel, "Stops after this step");
  }

  #askToCancel() {
    const dialog = h(
      "dialog",
      { "aria-labelledby": "cancel-title", onclose: () => dialog.remove() },
      h(
        "div.dialog-body",
        {},
        h("h2", { id: "cancel-title" }, "Cancel this export?"),
        h("p.muted", {}, "The ticket in work is finished first. Issues that exist stay, and you can go on later without creating any of them twice."),
        h(
          "div.dialog-actions",
          {},
          h("button.button", { type: "button", onclick: () => dialog.close() }, "Keep exporting"),
          h(
            "button.button.primary",
            {
              type: "button",
              onclick: async (event) => {
                try {
                  await busy(event.currentTarget, () => this.#view.cancel());
                  dialog.close();
                } catch (error) {
                  dialog.querySelector(".muted").replaceWith(problemNotice(error));
                }
              },
            },
            "Cancel export",
          ),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  }

  /** Tickets per second over the last minute; null before there is enough to measure. */
  #measure(completed) {
    const now = performance.now();
    const last = this.#samples.at(-1);
    if (!last || last.completed !== completed) this.#samples.push({ now, completed });
    while (this.#samples.length > 3 && now - this.#samples[0].now > PACE_WINDOW_MS) this.#samples.shift();
    const [first, end] = [this.#samples[0], this.#samples.at(-1)];
    return end.completed - first.completed >= 2 ? (1000 * (end.completed - first.completed)) / (end.now - first.now) : null;
  }

  /** Tell screen readers now and then, not with every ticket. */
  #announce(percent, completed, total) {
    if (percent - this.#announced < 10 && completed !== 0) return;
    this.#announced = percent;
    fill(this.#announcer, `${completed} of ${total} tickets exported`);
  }

  #tick() {
    const started = this.#view.session.started_at;
    if (started) fill(this.#elapsed, duration((Date.now() - new Date(started)) / 1000));
  }
}

function stat(name, value) {
  return h("div.stat", {}, h("dt", {}, name), value);
}

/** What is shown while no export runs: before, after, and in between. */
export function outcomePanel(view, service, status) {
  switch (view.session.status) {
    case "completed":
      return completed(view);
    case "export_failed":
      return failed(view, service, status);
    default:
      return ready(view, service);
  }
}

function completed(view) {
  const { session } = view;
  const fixes = session.manual_fixes_needed;
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
          session.completed_at && ` Completed ${when(session.completed_at)}.`,
        ),
      ),
      h("div.actions", {}, h("a.button.primary", { href: view.href("results") }, fixes ? "Open the check list" : "See the issues")),
    ),
  );
}

function failed(view, service, status) {
  const { session } = view;
  const category = CATEGORIES[status?.error_category] ?? CATEGORIES.admin_required;
  const left = status ? service.max_retries - status.retry_attempts_used : 0;
  const ticket = session.tickets.find((found) => found.failed);
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
        ticket && h("a.button", { href: view.href("tickets", ticket.ticket_id) }, `Show ticket ${ticket.order}`),
        session.retry_available &&
          h(
            "button.button.primary",
            { type: "button", id: "retry", onclick: (event) => busy(event.currentTarget, () => view.retry()) },
            icon("retry"),
            "Retry",
          ),
      ),
    ),
    h("p.failure-message", {}, status?.user_message ?? "The reason could not be read just now."),
    status?.recovery_actions?.length > 0 &&
      h(status.recovery_actions.length > 1 ? "ol.failure-actions" : "ul.failure-actions", {}, status.recovery_actions.map((action) => h("li", {}, action))),
    h(
      "p.muted.small.failure-note",
      {},
      session.retry_available
        ? `The retry goes on where it stopped; no issue is created twice. ${plural(left, "retry", "retries")} left.`
        : "All retries are used up. What exists in Jira stays; the results list it.",
    ),
  );
}

function ready(view, service) {
  const { session, plan, planProblem } = view;
  const going = session.status === "cancelled";
  const open = session.tickets.filter((ticket) => !ticket.jira_key).length;
  const estimate = Math.max(1, Math.ceil((open * (service.pause_seconds + 0.5)) / 60));
  const button = h(
    "button.button.primary",
    { type: "button", id: "start", onclick: (event) => busy(event.currentTarget, () => view.start()) },
    icon("play"),
    going ? "Continue export" : "Start export",
  );
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
            ? `${session.tickets_exported} of ${plural(session.total_tickets, "ticket")} are in Jira. The rest takes about ${minutes(estimate)}.`
            : `${plural(open, "ticket")} for project ${session.project_key}, in about ${minutes(estimate)}.`,
        ),
        h("div.facts", { id: "predictions" }, predictions(plan)),
      ),
      h(
        "div.actions",
        {},
        h("button.button", { type: "button", onclick: (event) => busy(event.currentTarget, () => view.makePlan()) }, "Dry run"),
        button,
      ),
    ),
    planProblem && h("div.stack", {}, h("div"), problemNotice(planProblem)),
  );
}

function predictions(plan) {
  if (!plan) return [];
  const issues = [...plan.values()];
  const blocked = issues.filter((issue) => issue.error_message).length;
  const fixes = issues.reduce((sum, issue) => sum + issue.manual_fixes.length, 0);
  const losses = issues.reduce((sum, issue) => sum + issue.losses.length, 0);
  return [
    blocked
      ? h("span.lozenge.bad", {}, `${plural(blocked, "ticket")} cannot be sent as ${blocked === 1 ? "it is" : "they are"}`)
      : h("span.lozenge.good", {}, "Every ticket can be sent"),
    fixes > 0 && h("span.lozenge.warn", {}, `${plural(fixes, "manual fix", "manual fixes")} expected`),
    losses > 0 && h("span.lozenge", {}, `${plural(losses, "detail")} of descriptions simplified`),
  ];
}

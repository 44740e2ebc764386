// The audit trail: every state change, as the store has it.

import { api } from "./api.js";
import { busy, fill, h } from "./dom.js";
import { auditText, duration, exactly, words } from "./format.js";
import { problemNotice } from "./problem.js";

export class AuditTab {
  #view;
  #after = 0;
  #loading = false;
  #seen = 0;
  #titles = new Map();
  #rows = h("tbody");
  #table = h(
    "table.plain.cards.audit",
    {},
    h("thead", {}, h("tr", {}, ["Time", "What happened", "Ticket", "Details"].map((name) => h("th", { scope: "col" }, name)))),
    this.#rows,
  );
  #more = h("button.button.small", { type: "button", hidden: true, onclick: () => busy(this.#more, () => this.#load()) }, "Show later entries");
  #problem = h("div");
  #empty = h("p.card-pad.muted", { hidden: true }, "Nothing has happened yet.");

  constructor(view) {
    this.#view = view;
    this.#seen = view.session.last_entry;
    this.element = h("div.stack", {}, this.#problem, h("div.card", {}, h("div.table-wrap", {}, this.#table), this.#empty), this.#more);
    this.#load();
  }

  /** More may have been written since; what is shown to its end is shown on. */
  update() {
    if (this.#view.session.last_entry === this.#seen || !this.#more.hidden) return;
    this.#load();
  }

  async #load() {
    if (this.#loading) return;
    this.#loading = true;
    const seen = this.#view.session.last_entry;
    try {
      const page = await api.audit(this.#view.session.session_id, this.#after);
      this.#seen = seen;
      for (const entry of page.entries) this.#rows.append(this.#row(entry));
      this.#after = page.entries.at(-1)?.sequence ?? this.#after;
      this.#more.hidden = page.next_after === null;
      this.#empty.hidden = this.#after > 0;
      this.#table.hidden = this.#after === 0;
      fill(this.#problem);
    } catch (error) {
      this.#seen = seen; // the next update tries again
      fill(this.#problem, problemNotice(error));
    }
    this.#loading = false;
    this.update();
  }

  #row(entry) {
    // An announcement has the ticket's title, and comes before everything else of that ticket.
    if (entry.facts.title) this.#titles.set(entry.ticket_id, entry.facts.title);
    const title = entry.ticket_id && (this.#titles.get(entry.ticket_id) ?? "Ticket");
    return h(
      "tr",
      {},
      h("td.time", {}, h("time", { datetime: entry.at }, exactly(entry.at))),
      h("td", {}, auditText(entry.kind), entry.attempt > 1 && h("span.muted.small", {}, ` attempt ${entry.attempt}`)),
      h("td.ticket", {}, title && h("a", { href: this.#view.href("tickets", entry.ticket_id), title }, title)),
      h("td.facts", {}, facts(entry)),
    );
  }
}

/** The details that the other columns do not tell already. */
function facts(entry) {
  const { issue, step, failure, message, crashed, seconds, adopted, until } = entry.facts;
  const parts = [];
  if (issue) parts.push(h("a.key", { href: issue.url, target: "_blank", rel: "noopener" }, issue.key));
  if (adopted) parts.push("found in Jira, not created again");
  if (step) parts.push(`${words(step.kind)}: ${step.target}`, !step.done && "given up");
  if (failure) parts.push(words(failure.category), failure.message);
  if (message) parts.push(message);
  if (until) parts.push(`until ${exactly(until)}`);
  if (crashed) parts.push("after a crash");
  if (seconds > 0) parts.push(`worked ${duration(seconds)}`);
  if (entry.trace_id) parts.push(h("span.mono", {}, `trace ${entry.trace_id}`));
  return parts.filter(Boolean).flatMap((part, index) => (index ? [" · ", part] : [part]));
}

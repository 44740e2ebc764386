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
  /** The entries of the last line and its rows: the next page may begin in the middle of a bulk. */
  #last = { group: [], rows: [] };
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
      for (const group of groups(page.entries)) this.#show(group);
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

  #show(group) {
    if (this.#last.group.length && belong(this.#last.group[0], group[0])) {
      for (const row of this.#last.rows) row.remove();
      group = [...this.#last.group, ...group];
    }
    const rows = group.map((entry) => this.#row(entry));
    const shown = rows.length > 1 ? this.#summary(group, rows) : rows[0];
    this.#rows.append(shown);
    this.#last = { group, rows: [shown, ...rows] };
  }

  /** One row for all entries of a bulk; theirs are shown when they are asked for. */
  #summary(group, rows) {
    const [first, last] = [group[0], group.at(-1)];
    const titles = [first, last].map((entry) => this.#titles.get(entry.ticket_id) ?? "Ticket");
    const keys = first.facts.issue && `${first.facts.issue.key} … ${last.facts.issue.key}`;
    const toggle = h("button.button.small", { type: "button", "aria-expanded": "false" }, "Show each");
    const summary = h(
      "tr",
      {},
      h("td.time", {}, h("time", { datetime: first.at }, exactly(first.at))),
      h(
        "td",
        {},
        BULK_TEXTS[first.kind](group.length, first.facts),
        first.attempt > 1 && first.kind !== "issue_recorded" && h("span.muted.small", {}, ` attempt ${first.attempt}`),
      ),
      h("td.ticket", {}, `${titles[0]} … ${titles[1]}`),
      h("td.facts", {}, keys, keys && " ", first.facts.adopted && "not created again ", first.facts.message, " ", toggle),
    );
    toggle.addEventListener("click", () => {
      const shown = toggle.getAttribute("aria-expanded") === "true";
      toggle.setAttribute("aria-expanded", String(!shown));
      fill(toggle, shown ? "Show each" : "Hide each");
      if (shown) for (const row of rows) row.remove();
      else summary.after(...rows);
    });
    return summary;
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

/** Entries of the same request come together, or fifty of them would hide what else has happened. */
function groups(entries) {
  const found = [];
  for (const entry of entries) {
    const last = found.at(-1)?.[0];
    if (last && belong(last, entry)) found.at(-1).push(entry);
    else found.push([entry]);
  }
  return found;
}

function belong(one, other) {
  return (
    one.kind in BULK_TEXTS &&
    one.kind === other.kind &&
    one.ticket_id !== other.ticket_id && // a bulk that waits for long is announced again, as a whole
    one.attempt === other.attempt &&
    one.facts.adopted === other.facts.adopted &&
    one.facts.message === other.facts.message
  );
}

const BULK_TEXTS = {
  intent_recorded: (count) => `About to create ${count} issues`,
  create_refused: (count) => `No issue was made for ${count} tickets`,
  issue_recorded: (count, { adopted }) => (adopted ? `${count} issues found` : `${count} issues created`),
};

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

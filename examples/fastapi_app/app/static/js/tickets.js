// The session's tickets: a list, and one of them beside it with its source and its preview.

import { api } from "./api.js";
import { Choice } from "./choosing.js";
import { busy, fill, h, icon, toast } from "./dom.js";
import { plural, TICKET_STATES } from "./format.js";
import { problemNotice } from "./problem.js";
import { ticketDetail } from "./ticket-detail.js";
import { VirtualList } from "./virtual-list.js";

const ROW_HEIGHT = 56;
const FILTERS = [
  ["", "All tickets"],
  ["pending", "Not exported yet"],
  ["exported", "Exported"],
  ["skipped", "Left out"],
  ["fixes", "With manual fixes"],
];

export class TicketsTab {
  #view;
  #id;
  #pages;
  #choice;
  #chosen = null;
  #shown = "";
  #loading = null;
  #asking = false;
  #askAgain = false;
  #search = h("input.input.search", {
    type: "search",
    placeholder: "Filter tickets",
    "aria-label": "Filter tickets by title, number or issue",
    oninput: () => this.#ask(),
  });
  #state = h(
    "select.input.select",
    { "aria-label": "Which tickets", onchange: () => this.#ask() },
    FILTERS.map(([value, text]) => h("option", { value }, text)),
  );
  #list;
  #none = h("div.card-pad.muted.small", { hidden: true });
  #detail = h("article.card.ticket-detail", { "aria-label": "Ticket" });

  constructor(view) {
    this.#view = view;
    this.#id = view.session.session_id;
    this.#pages = view.takeTicketPages();
    this.#pages.tell(() => this.#render());
    this.#choice = new Choice(view, this.#pages, () => this.#list.refresh());
    this.#list = new VirtualList({
      rowHeight: ROW_HEIGHT,
      label: "Tickets",
      build: (index, row) => this.#buildRow(index, row),
      onRange: (first, end) => this.#pages.need(first, end),
    });
    const test = h("button.button.small", { type: "button", onclick: () => this.#test(test) }, "Test conversion");
    this.element = h(
      "div.split",
      {},
      h(
        "nav.card.ticket-pane",
        { "aria-label": "Tickets" },
        h("div.ticket-tools", {}, this.#search, this.#state),
        h("div.ticket-tools", {}, this.#choice.button, test),
        this.#choice.bar,
        this.#list.element,
        this.#none,
      ),
      this.#detail,
    );
    this.#render();
  }

  leave() {
    this.#pages.stop();
    this.#loading?.abort();
  }

  go(target) {
    this.element.classList.toggle("has-ticket", target.ticket !== null);
    const id = target.ticket ?? this.#firstTicket();
    if (id && id !== this.#chosen) this.#open(id);
    if (!id) this.#chosen = null;
    this.#list.refresh();
    if (target.ticket && !isWide()) this.#detail.scrollIntoView();
  }

  /** The session or the plan has changed. */
  update(update) {
    if (update) this.#pages.apply(update);
    this.#choice.update();
    this.#list.refresh();
    this.#refreshDetail();
  }

  /** The ticket beside the list is read again when its row says something else than when it was read. */
  #refreshDetail() {
    const known = this.#chosen && this.#pages.get(this.#chosen);
    if (known && this.#shown && stateOf(known, this.#view) !== this.#shown) this.#open(this.#chosen);
  }

  /** Ask at once, and while that is at work only for the last of what was typed: as quick as the service is. */
  async #ask() {
    if (this.#asking) {
      this.#askAgain = true;
      return;
    }
    this.#asking = true;
    do {
      this.#askAgain = false;
      const query = { q: this.#search.value.trim() };
      if (this.#state.value === "fixes") query.fixes = "true";
      else if (this.#state.value) query.status = [this.#state.value];
      this.#list.toTop();
      await this.#pages.ask(query);
    } while (this.#askAgain);
    this.#asking = false;
  }

  /** Beside the list there is room for a ticket: the one that an export stopped at, or the first. */
  #firstTicket() {
    if (!isWide()) return null;
    return this.#chosen ?? this.#view.session.failure?.ticket_id ?? this.#pages.at(0)?.ticket_id ?? null;
  }

  #render() {
    const { total, problem, ready } = this.#pages;
    const nothing = ready && total === 0;
    this.#none.hidden = !nothing && !problem;
    fill(this.#none, problem ? problemNotice(problem) : "No ticket matches.");
    if (total !== this.#list.total) this.#list.setTotal(total);
    else this.#list.refresh();
    this.#choice.update();
    this.#refreshDetail();
    if (this.#chosen === null) {
      const first = this.#firstTicket();
      if (first) this.#open(first);
    }
  }

  #buildRow(index, row) {
    const ticket = this.#pages.at(index);
    row.className = ticket?.ticket_id === this.#chosen ? "current" : "";
    if (!ticket) {
      if (row.dataset.signature !== "") fill(row, h("span.ticket-row.waiting", { "aria-hidden": "true" }, h("span.skeleton")));
      row.dataset.signature = "";
      return;
    }
    const content = rowContent(ticket, this.#view);
    const signature = JSON.stringify([ticket.ticket_id, content, this.#choice.active]);
    if (row.dataset.signature !== signature) {
      row.dataset.signature = signature;
      const hadFocus = row.contains(document.activeElement);
      fill(row, this.#choice.box(ticket), buildLink(ticket, content, this.#view.href("tickets", ticket.ticket_id)));
      if (hadFocus) row.querySelector("a").focus({ preventScroll: true });
    }
    this.#choice.sync(ticket, row);
    const link = row.querySelector("a");
    if (ticket.ticket_id === this.#chosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }

  async #open(id, { images = false } = {}) {
    this.#chosen = id;
    this.#shown = "";
    this.#loading?.abort();
    const loading = (this.#loading = new AbortController());
    const index = this.#pages.indexOf(id);
    if (index >= 0 && isWide()) this.#list.reveal(index);
    try {
      const ticket = await api.ticket(this.#id, id, { images: images ? "true" : "" }, loading.signal);
      if (loading.signal.aborted) return;
      this.#shown = stateOf(this.#pages.get(id) ?? ticket, this.#view);
      const planned = this.#view.plan.findings.get(id);
      fill(this.#detail, ticketDetail(this.#view, ticket, planned, { images, showImages: () => this.#open(id, { images: true }) }));
    } catch (error) {
      if (error.name === "AbortError") return;
      const unknown = error.status === 404 || error.status === 422;
      fill(
        this.#detail,
        h(
          "div.card-pad.stack",
          {},
          unknown ? h("h2", {}, "There is no such ticket in this session") : problemNotice(error),
          unknown && h("p.muted", {}, "It may have been removed when the batch file was loaded again. Choose one from the list."),
          h("a.breadcrumb", { href: this.#view.href("tickets") }, "← All tickets"),
        ),
      );
    }
  }

  async #test(button) {
    try {
      const result = await busy(button, () => api.testConversion(this.#id));
      if (result.all_passed) {
        toast(`${result.tickets_tested === 1 ? "The ticket converts" : `All ${plural(result.tickets_tested, "ticket")} convert`}, and the attachments can be uploaded.`);
        return;
      }
      const failures = result.results.filter((ticket) => ticket.status === "failed");
      fill(
        this.#detail,
        h(
          "div.card-pad.stack",
          {},
          h("h2", {}, `${plural(result.failed, "ticket")} of ${result.tickets_tested.toLocaleString()} did not pass`),
          failures.map((ticket) =>
            h(
              "div.notice.warn",
              {},
              h(
                "div",
                {},
                h("a", { href: this.#view.href("tickets", ticket.ticket_id) }, ticket.ticket_title),
                h("p", {}, [ticket.error_message, ticket.suggested_fix].filter(Boolean).join(" ")),
              ),
            ),
          ),
        ),
      );
      this.#chosen = "";
      this.#list.refresh();
    } catch (error) {
      fill(this.#detail, h("div.card-pad", {}, problemNotice(error)));
    }
  }
}

const isWide = () => matchMedia("(min-width: 821px)").matches;

/** Changes when a ticket must be read again. */
function stateOf(ticket, view) {
  return [ticket.status, ticket.jira_key, ticket.manual_fixes_needed, ticket.failed, ticket.title, view.plan.counts?.made_at].join(" ");
}

/** What a row says, as plain values. */
function rowContent(ticket, view) {
  const look = ticket.failed ? "failed" : ticket.status;
  const open = !ticket.jira_key;
  const planned = open ? view.plan.findings.get(ticket.ticket_id) : null;
  return {
    look,
    title: ticket.title,
    sub: `${ticket.order.toLocaleString()} · ${ticket.issue_type ?? ""}`,
    key: ticket.jira_key,
    blocked: Boolean(planned?.error_message),
    fixes: open ? (planned?.manual_fixes.length ?? 0) : ticket.manual_fixes_needed,
    losses: planned?.losses.length ?? 0,
    change: ticket.change ?? "none",
    open,
  };
}

const CHANGES = { edited: "Edited since export", removed: "No longer in the batch file" };

function buildLink(ticket, { look, title, sub, key, blocked, fixes, losses, change, open }, href) {
  const state = TICKET_STATES[look] ?? TICKET_STATES.pending;
  return h(
    "a.ticket-row",
    { href },
    icon(state.icon, `mark ${look}`),
    h("span.title", { title }, h("span.visually-hidden", {}, `${state.text}: `), title),
    h(
      "span.sub",
      {},
      h("span", {}, sub),
      key && h("span.mono", {}, key),
      CHANGES[change] && h("span.warn", {}, CHANGES[change]),
      blocked && h("span.bad", {}, "Cannot be sent"),
      fixes > 0 && h("span.warn", {}, open ? `${plural(fixes, "fallback")} expected` : plural(fixes, "manual fix", "manual fixes")),
      losses > 0 && h("span", {}, plural(losses, "loss", "losses")),
    ),
  );
}

// The session's tickets: a list, and one of them beside it with its source and its preview.

import { api } from "./api.js";
import { busy, fill, h, icon, toast } from "./dom.js";
import { plural, TICKET_STATES, words } from "./format.js";
import { problemNotice } from "./problem.js";

export class TicketsTab {
  #view;
  #rows = new Map();
  #chosen = null;
  #loading = null;
  #filter = "";
  #search = h("input.input.search", {
    type: "search",
    placeholder: "Filter tickets",
    "aria-label": "Filter tickets",
    oninput: () => {
      this.#filter = this.#search.value.trim().toLowerCase();
      this.#applyFilter();
    },
  });
  #list = h("ul.ticket-list", { onkeydown: (event) => this.#moveFocus(event) });
  #none = h("p.card-pad.muted.small", { hidden: true }, "No ticket matches.");
  #detail = h("article.card.ticket-detail", { "aria-live": "off" });

  constructor(view) {
    this.#view = view;
    const test = h("button.button.small", { type: "button", onclick: () => this.#test(test) }, "Test conversion");
    this.element = h(
      "div.split",
      {},
      h(
        "nav.card.ticket-pane",
        { "aria-label": "Tickets" },
        h("div.ticket-tools", {}, this.#search, test),
        this.#list,
        this.#none,
      ),
      this.#detail,
    );
    this.#renderList();
  }

  go(target) {
    this.element.classList.toggle("has-ticket", target.ticket !== null);
    const wide = matchMedia("(min-width: 821px)").matches;
    const id = target.ticket ?? (wide ? this.#view.session.tickets[0]?.ticket_id : null);
    if (id && id !== this.#chosen) this.#open(id);
    if (!id) this.#chosen = null;
    this.#markChosen();
    if (target.ticket && !wide) this.#detail.scrollIntoView();
  }

  /** The session or the plan has changed. */
  update() {
    if (this.#view.session.tickets.length !== this.#rows.size) {
      this.#renderList();
      return;
    }
    for (const ticket of this.#view.session.tickets) fillRow(this.#rows.get(ticket.ticket_id), ticket, this.#plan(ticket));
    this.#markChosen();
    const shown = this.#view.session.tickets.find((ticket) => ticket.ticket_id === this.#chosen);
    const state = shown && `${shown.status} ${shown.jira_key} ${shown.manual_fixes_needed} ${Boolean(this.#view.plan)}`;
    if (shown && state !== this.#detail.dataset.state) this.#open(this.#chosen);
  }

  #plan(ticket) {
    return this.#view.plan?.get(ticket.ticket_id);
  }

  #renderList() {
    this.#rows.clear();
    fill(
      this.#list,
      this.#view.session.tickets.map((ticket) => {
        const row = h("a.ticket-row", { href: this.#view.href("tickets", ticket.ticket_id) });
        fillRow(row, ticket, this.#plan(ticket));
        this.#rows.set(ticket.ticket_id, row);
        return h("li", {}, row);
      }),
    );
    this.#applyFilter();
  }

  #moveFocus(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const rows = [...this.#rows.values()].filter((row) => !row.parentElement.hidden);
    const next = rows[rows.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  #applyFilter() {
    let shown = 0;
    for (const row of this.#rows.values()) {
      const fits = row.textContent.toLowerCase().includes(this.#filter);
      row.parentElement.hidden = !fits;
      shown += fits;
    }
    this.#none.hidden = shown > 0;
  }

  #markChosen() {
    for (const [id, row] of this.#rows) {
      if (id === this.#chosen) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }

  async #open(id) {
    this.#chosen = id;
    this.#loading?.abort();
    const loading = (this.#loading = new AbortController());
    this.#rows.get(id)?.scrollIntoView({ block: "nearest" });
    try {
      const ticket = await api.ticket(this.#view.session.session_id, id, loading.signal);
      const planned = this.#view.plan?.get(id);
      this.#detail.dataset.state = `${ticket.status} ${ticket.jira_key} ${ticket.manual_fixes_needed} ${Boolean(this.#view.plan)}`;
      fill(this.#detail, detail(this.#view, ticket, planned));
    } catch (error) {
      if (error.name !== "AbortError") fill(this.#detail, h("div.card-pad", {}, problemNotice(error)));
    }
  }

  async #test(button) {
    try {
      const result = await busy(button, () => api.testConversion(this.#view.session.session_id));
      if (result.all_passed) {
        toast(`All ${plural(result.tickets_tested, "ticket")} convert, and their attachments can be uploaded.`);
        return;
      }
      const failures = result.results.filter((ticket) => ticket.status === "failed");
      fill(
        this.#detail,
        h(
          "div.card-pad.stack",
          {},
          h("h2", {}, `${plural(failures.length, "ticket")} of ${result.tickets_tested} did not pass`),
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
      this.#chosen = null;
      this.#markChosen();
    } catch (error) {
      fill(this.#detail, h("div.card-pad", {}, problemNotice(error)));
    }
  }
}

function fillRow(row, ticket, planned) {
  const state = TICKET_STATES[ticket.failed ? "failed" : ticket.status] ?? TICKET_STATES.pending;
  const look = ticket.failed ? "failed" : ticket.status;
  const open = !ticket.jira_key;
  const fixes = open ? (planned?.manual_fixes.length ?? 0) : ticket.manual_fixes_needed;
  const signature = JSON.stringify([look, ticket.jira_key, ticket.title, fixes, planned?.losses.length, planned?.error_message]);
  if (row.dataset.signature === signature) return;
  row.dataset.signature = signature;
  fill(
    row,
    icon(state.icon, `mark ${look}`),
    h("span.title", { title: ticket.title }, h("span.visually-hidden", {}, `${state.text}: `), ticket.title),
    h(
      "span.sub",
      {},
      `${ticket.order} · ${ticket.issue_type}`,
      ticket.jira_key && h("span.mono", {}, ticket.jira_key),
      open && planned?.error_message && h("span.bad", {}, "Cannot be sent"),
      fixes > 0 && h("span.warn", {}, open ? `${plural(fixes, "fallback")} expected` : plural(fixes, "manual fix", "manual fixes")),
      open && planned?.losses.length > 0 && h("span", {}, plural(planned.losses.length, "loss", "losses")),
    ),
  );
}

function detail(view, ticket, planned) {
  const state = TICKET_STATES[ticket.status] ?? TICKET_STATES.pending;
  const tone = { exported: "good", failed: "bad" }[ticket.status] ?? "";
  return [
    h(
      "header",
      {},
      h("a.breadcrumb.back", { href: view.href("tickets") }, "← All tickets"),
      h("h2", {}, ticket.title),
      h(
        "p.meta",
        {},
        h("span.lozenge", { class: tone }, state.text),
        ticket.jira_key && h("a.key", { href: ticket.jira_url, target: "_blank", rel: "noopener" }, ticket.jira_key),
        h("span", {}, ticket.issue_type),
        h("span", {}, `Ticket ${ticket.order}`),
      ),
      fields(view, ticket),
    ),
    h(
      "div.compare",
      {},
      h(
        "section",
        { "aria-label": "Source" },
        h("div.pane-head", {}, "Source", h("span", {}, { html: "HTML", markdown: "Markdown", none: "" }[ticket.source_format])),
        ticket.source ? h("pre.source", { tabIndex: 0 }, ticket.source) : h("p.card-pad.muted.small", {}, "No description."),
      ),
      h(
        "section",
        { "aria-label": "In Jira" },
        h("div.pane-head", {}, "In Jira", ticket.losses.length > 0 && h("span.lozenge.warn", {}, plural(ticket.losses.length, "loss", "losses"))),
        ticket.preview_html === null ? h("div.card-pad", {}, h("p.notice.bad", {}, ticket.problem)) : preview(ticket),
      ),
    ),
    planned?.error_message && !ticket.jira_key && findings("Cannot be sent", [h("li.bad", {}, planned.error_message)]),
    ticket.manual_fixes.length > 0 &&
      findings(
        "To fix by hand in Jira",
        ticket.manual_fixes.map((fix) =>
          h("li", {}, `${words(fix.field)}: ${fix.recommended_action}`, h("span.path", {}, `Asked for ${fix.asked_for}; ${fix.done_instead}.`)),
        ),
      ),
    !ticket.jira_key &&
      planned?.manual_fixes.length > 0 &&
      findings("Expected fallbacks", planned.manual_fixes.map((fix) => h("li", {}, fix))),
    ticket.losses.length > 0 &&
      findings(
        "What Jira cannot show as it was",
        ticket.losses.map((loss) =>
          h("li", {}, `${words(loss.kind)}: ${loss.detail}`, h("span.path", {}, [loss.excerpt, loss.path].filter(Boolean).join(" · "))),
        ),
      ),
    ticket.steps.length > 0 &&
      findings(
        "Done for the issue",
        ticket.steps.map((step) => h("li", { class: step.done ? "done" : "" }, `${words(step.kind)}: ${step.target}${step.done ? "" : " (given up)"}`)),
      ),
  ];
}

function findings(title, items) {
  return h("section.findings", {}, h("h3", {}, title), h("ul", {}, items));
}

function fields(view, ticket) {
  const entries = Object.entries(ticket.fields).map(([name, value]) => [words(name), shown(view, value)]);
  if (ticket.depends_on.length) entries.push(["Depends on", ticket.depends_on.map((id) => view.ticketTitle(id)).join(", ")]);
  if (ticket.attachments.length) entries.push(["Attachments", ticket.attachments.join(", ")]);
  if (!entries.length) return null;
  return h("dl.fields", {}, entries.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function shown(view, value) {
  if (Array.isArray(value)) return value.map((item) => shown(view, item)).join(", ");
  if (value !== null && typeof value === "object") {
    return Object.entries(value)
      .map(([name, item]) => `${name} ${shown(view, item)}`)
      .join(" ");
  }
  return view.ticketTitle(value) || String(value);
}

/** The preview in a frame without scripts, forms or a way out; our origin only so that its height can be read. */
function preview(ticket) {
  const frame = h("iframe", {
    title: `Preview of ${ticket.title}`,
    sandbox: "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
    referrerpolicy: "no-referrer",
    srcdoc: ticket.preview_html,
  });
  frame.addEventListener("load", () => {
    const page = frame.contentDocument;
    for (const link of page.querySelectorAll("a[href]")) {
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    }
    const fit = () => {
      frame.style.height = `${Math.min(Math.max(page.documentElement.offsetHeight, 120), 1600)}px`;
    };
    fit();
    new ResizeObserver(fit).observe(page.documentElement);
  });
  return h("div.paper", {}, frame);
}

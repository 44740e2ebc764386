// One session: how its export stands, its tickets, its results, its project, its audit trail.

import { api } from "./api.js";
import { AuditTab } from "./audit.js";
import { fill, h } from "./dom.js";
import { plural } from "./format.js";
import { LiveProgress } from "./live.js";
import { problemNotice } from "./problem.js";
import { ProjectTab } from "./project.js";
import { ResultsTab } from "./results.js";
import { LivePanel, outcomePanel } from "./run-panel.js";
import { TicketsTab } from "./tickets.js";

const RELOAD_MS = 2000;
const PLAN_LIMIT = 500; // a dry run of more tickets is made on request
const TABS = [
  ["tickets", "Tickets", TicketsTab],
  ["results", "Results", ResultsTab],
  ["project", "Project", ProjectTab],
  ["audit", "Audit trail", AuditTab],
];

export class SessionView {
  session = null;
  plan = null;
  planProblem = null;

  #id;
  #target;
  #service;
  #live = null;
  #panel = null;
  #tab = null;
  #reloadTimer = null;
  #left = false;
  // Somebody else may have started it meanwhile; a running export tells by itself.
  #onReturn = () => !document.hidden && !this.#live && this.#reload();
  #head = h("div.page-head");
  #run = h("section", { "aria-label": "Export" });
  #tabs = h("nav.tabs", { "aria-label": "Session" });
  #content = h("div");

  constructor(target, service) {
    this.#id = target.id;
    this.#target = target;
    this.#service = service;
    this.element = h("div.page", {}, this.#head, this.#run, this.#tabs, this.#content);
    fill(this.#run, h("div.card.card-pad", {}, h("div.skeleton"), h("div.skeleton")));
  }

  accepts(target) {
    return target.id === this.#id && this.session !== null;
  }

  async open() {
    this.session = await api.session(this.#id);
    if (this.#left) return;
    this.#renderHead();
    this.#renderRun();
    this.go(this.#target);
    document.addEventListener("visibilitychange", this.#onReturn);
    // Not waited for: one may look at the tickets meanwhile.
    if (this.#isOpen() && this.session.tickets.length <= PLAN_LIMIT) this.makePlan();
  }

  leave() {
    this.#left = true;
    document.removeEventListener("visibilitychange", this.#onReturn);
    this.#live?.stop();
    this.#panel?.stop();
    clearTimeout(this.#reloadTimer);
    this.#tab?.leave?.();
  }

  go(target) {
    const [name, , Tab] = TABS.find(([tab]) => tab === target.tab) ?? TABS[0];
    if (this.#tab?.name !== name) {
      this.#tab?.leave?.();
      this.#tab = new Tab(this, this.#service);
      this.#tab.name = name;
      fill(this.#content, this.#tab.element);
    }
    this.#target = { ...target, tab: name };
    this.#renderTabs();
    this.#tab.go?.(target);
  }

  /** The address of a tab, or of a ticket. */
  href(tab, ticket = null) {
    return `#/${this.#id}/${tab}${ticket ? `/${ticket}` : ""}`;
  }

  ticketTitle(id) {
    const ticket = this.session.tickets.find((found) => found.ticket_id === id);
    return ticket ? `${ticket.order} · ${ticket.title}` : "";
  }

  async makePlan() {
    try {
      const plan = await api.plan(this.#id);
      this.plan = new Map(plan.issues.map((issue) => [issue.ticket_id, issue]));
      this.planProblem = null;
    } catch (error) {
      this.planProblem = error;
    }
    if (this.#left) return;
    if (!this.#panel) this.#renderRun();
    this.#tab?.update?.();
  }

  // -- the export ---------------------------------------------------------------------------------------------------

  async start() {
    await this.#begin(() => api.start(this.#id));
  }

  async retry() {
    await this.#begin(() => api.retry(this.#id));
  }

  async #begin(request) {
    try {
      await request();
    } catch (error) {
      this.#renderRun(error);
      return;
    }
    await this.#reload();
  }

  async cancel() {
    await api.cancel(this.#id);
    this.#panel?.cancelling();
  }

  #isOpen() {
    return !["exporting", "completed"].includes(this.session.status);
  }

  #follow() {
    this.#panel = new LivePanel(this);
    fill(this.#run, this.#panel.element);
    this.#live?.stop();
    this.#live = new LiveProgress(
      this.#id,
      (message) => this.#onMessage(message),
      (state) => this.#panel?.connection(state),
    );
  }

  #onMessage(message) {
    if (this.#left) return;
    const running = message.type === "export_progress" && message.status === "exporting";
    if (running) {
      if (this.#panel?.update(message)) this.#reloadSoon();
      document.title = `${Math.floor(message.progress_percentage)} % · ${this.session.name}`;
    } else {
      this.#live?.stop();
      this.#live = null;
      this.#reload();
    }
  }

  #reloadSoon() {
    this.#reloadTimer ??= setTimeout(() => {
      this.#reloadTimer = null;
      this.#reload();
    }, RELOAD_MS);
  }

  async #reload() {
    const before = this.session.status;
    try {
      this.session = await api.session(this.#id);
    } catch {
      this.#reloadSoon();
      return;
    }
    if (this.#left) return;
    if (before !== this.session.status || (this.session.status === "exporting") !== (this.#live !== null)) {
      this.#renderHead();
      this.#renderRun();
    }
    this.#renderTabs();
    this.#tab?.update?.();
  }

  // -- what is shown ------------------------------------------------------------------------------------------------

  #renderHead() {
    const { name, project_key: project, tickets, owner } = this.session;
    document.title = name || "Session";
    fill(
      this.#head,
      h(
        "div",
        {},
        h("a.breadcrumb", { href: "#/" }, "← Sessions"),
        h("h1", {}, name || "Unnamed session"),
        h("p.meta", {}, h("span.key", {}, project), h("span", {}, plural(tickets.length, "ticket")), owner && h("span", {}, `Owner: ${owner}`)),
      ),
    );
  }

  #renderTabs() {
    const fixes = this.session.manual_fixes_needed;
    fill(
      this.#tabs,
      TABS.map(([name, label]) =>
        h(
          "a",
          { href: this.href(name), "aria-current": name === this.#target.tab ? "page" : null },
          label,
          name === "tickets" && h("span.count", {}, String(this.session.tickets.length)),
          name === "results" && fixes > 0 && h("span.count.warn", { title: plural(fixes, "manual fix", "manual fixes") }, String(fixes)),
        ),
      ),
    );
  }

  async #renderRun(problem = null) {
    if (this.session.status === "exporting") {
      if (!this.#live) this.#follow();
      return;
    }
    this.#panel?.stop();
    this.#panel = null;
    let status = null;
    if (this.session.status === "export_failed") status = await this.#failure();
    if (this.#left) return;
    fill(this.#run, outcomePanel(this, this.#service, status), problem && h("div.stack", {}, h("div"), problemNotice(problem)));
  }

  /** Why it failed; the polling limit may ask for a moment's patience. */
  async #failure() {
    for (;;) {
      try {
        return await api.status(this.#id);
      } catch (error) {
        if (error.status !== 429) return null;
        await new Promise((resolve) => setTimeout(resolve, (error.retryAfter ?? 2) * 1000));
      }
    }
  }
}

// One session: how its export stands, its tickets, its results, its project, its audit trail. All of it from one store.

import { api } from "./api.js";
import { AuditTab } from "./audit.js";
import { confirmDialog } from "./dialog.js";
import { fill, h, icon, toast } from "./dom.js";
import { SessionFeed } from "./feed.js";
import { plural } from "./format.js";
import { LivePanel } from "./live-panel.js";
import { outcomePanel } from "./outcome-panel.js";
import { Plan } from "./plan.js";
import { problemNotice } from "./problem.js";
import { ProjectTab } from "./project.js";
import { ResultsTab } from "./results.js";
import { SessionStore } from "./store.js";
import { TicketPages } from "./ticket-pages.js";
import { TicketsTab } from "./tickets.js";

const TABS = [
  ["tickets", "Tickets", TicketsTab],
  ["results", "Results", ResultsTab],
  ["project", "Project", ProjectTab],
  ["audit", "Audit trail", AuditTab],
];

export class SessionView {
  #id;
  #target;
  #opened = null;
  #live = null;
  #panelKey = "";
  #problem = null;
  #headKey = "";
  #tabsKey = "";
  #tab = null;
  #unsubscribe;
  #early = null;
  #head = h("div.page-head");
  #run = h("section", { "aria-label": "Export" });
  #tabs = h("nav.tabs", { "aria-label": "Session" });
  #content = h("div");

  constructor(target, service) {
    this.#id = target.id;
    this.#target = target;
    this.service = service;
    this.store = new SessionStore(target.id);
    this.feed = new SessionFeed(this.store);
    this.plan = new Plan(target.id, () => this.#render(null));
    this.element = h("div.page", {}, this.#head, this.#run, this.#tabs, this.#content);
    fill(this.#run, h("div.card.card-pad", {}, h("div.skeleton"), h("div.skeleton")));
    this.#unsubscribe = this.store.subscribe((_, update) => this.#render(update));
  }

  /** The newest update; null before the first. */
  get session() {
    return this.store.update;
  }

  accepts(target) {
    return target.id === this.#id && this.session !== null && !this.store.failure;
  }

  /** Its tickets; the first part was asked for while the connection was made. */
  takeTicketPages() {
    const pages = this.#early ?? this.#askForTickets();
    this.#early = null;
    return pages;
  }

  #askForTickets() {
    const pages = new TicketPages(this.#id);
    pages.ask({});
    return pages;
  }

  /** Resolves once there is something to show; rejects when there is no such session. */
  open() {
    this.#early = TABS.some(([name]) => name === this.#target.tab && name !== "tickets") ? null : this.#askForTickets();
    return new Promise((resolve, reject) => {
      this.#opened = { resolve, reject };
      this.feed.start();
    });
  }

  leave() {
    this.#unsubscribe();
    this.feed.stop();
    this.plan.stop();
    this.#live?.stop();
    this.#tab?.leave?.();
    this.#early?.stop();
    this.#opened?.resolve();
  }

  go(target) {
    const [name, , Tab] = TABS.find(([tab]) => tab === target.tab) ?? TABS[0];
    this.#target = { ...target, tab: name };
    if (!this.session) return;
    if (this.#tab?.name !== name) {
      this.#tab?.leave?.();
      this.#tab = new Tab(this);
      this.#tab.name = name;
      fill(this.#content, this.#tab.element);
    }
    this.#renderTabs();
    this.#tab.go?.(this.#target);
  }

  /** The address of a tab, or of a ticket. */
  href(tab, ticket = null) {
    return `#/${this.#id}/${tab}${ticket ? `/${ticket}` : ""}`;
  }

  // -- what one can do ----------------------------------------------------------------------------------------------

  start = (choice) => this.#do(() => api.start(this.#id, choice));
  retry = (choice) => this.#do(() => api.retry(this.#id, choice));
  release = () => this.#do(() => api.release(this.#id));
  unarchive = () => this.#do(() => api.unarchive(this.#id));

  async cancel() {
    await api.cancel(this.#id);
    await this.feed.refresh();
  }

  /** Whether it worked; why not is shown. */
  async #do(request) {
    this.#problem = null;
    let works = true;
    try {
      await request();
    } catch (error) {
      this.#problem = { error, status: this.session.status };
      works = false;
    }
    // Also after an error: "it is running already" is news, too.
    await this.feed.refresh();
    this.#render(null);
    return works;
  }

  askToArchive() {
    confirmDialog(
      {
        title: "Archive this session?",
        text: "It leaves the list and cannot be started while it is archived. Nothing is lost: the list of archived sessions has it.",
        keep: "Keep it in the list",
        confirm: "Archive",
      },
      async () => {
        await api.archive(this.#id);
        await this.feed.refresh();
        toast("Archived.");
      },
    );
  }

  askToDelete() {
    const { tickets_exported: exported } = this.session;
    confirmDialog(
      {
        title: "Delete this session?",
        text: `Its tickets, results and uploaded files are removed for good. ${
          exported ? `The ${plural(exported, "issue")} in Jira stay${exported === 1 ? "s" : ""}.` : "Nothing of it is in Jira."
        }`,
        keep: "Keep the session",
        confirm: "Delete",
        danger: true,
      },
      async () => {
        await api.remove(this.#id);
        toast("Deleted.");
        location.hash = "#/";
      },
    );
  }

  // -- what is shown ------------------------------------------------------------------------------------------------

  #render(update) {
    if (this.store.failure) {
      this.#opened?.reject(this.store.failure);
      return;
    }
    if (!this.session) return;
    const first = this.#opened;
    this.#opened = null;
    this.#renderHead();
    this.#renderRun();
    if (first) {
      this.go(this.#target);
      if (this.plan.wanted(this.session)) this.plan.make();
      first.resolve();
      return;
    }
    this.#renderTabs();
    this.#tab?.update?.(update);
  }

  #renderHead() {
    const { name, project_key: project, owner, archived_at: archived, status } = this.session;
    const total = this.session.total_tickets + this.session.tickets_left_out;
    const percent = status === "exporting" ? `${Math.floor(this.session.progress.progress_percentage ?? 0)} % · ` : "";
    document.title = `${percent}${name || "Unnamed session"}`;
    const key = JSON.stringify([name, project, total, owner, archived, status === "exporting", this.store.gone]);
    if (key === this.#headKey) return;
    this.#headKey = key;
    const mayBePutAway = status !== "exporting" && !this.store.gone;
    fill(
      this.#head,
      h(
        "div",
        {},
        h("a.breadcrumb", { href: "#/" }, "← Sessions"),
        h("h1", {}, name || "Unnamed session"),
        h(
          "p.meta",
          {},
          h("span.key", {}, project),
          h("span", {}, plural(total, "ticket")),
          owner && h("span", {}, `Owner: ${owner}`),
          archived && h("span.lozenge", {}, "Archived"),
        ),
      ),
      mayBePutAway &&
        h(
          "div.actions",
          {},
          archived
            ? h("button.button.small", { type: "button", onclick: () => this.unarchive() }, "Take out of the archive")
            : h("button.button.small.quiet", { type: "button", onclick: () => this.askToArchive() }, "Archive"),
          h("button.button.small.quiet", { type: "button", onclick: () => this.askToDelete() }, icon("trash"), "Delete"),
        ),
    );
  }

  #renderTabs() {
    const { manual_fixes_needed: fixes } = this.session;
    const total = this.session.total_tickets + this.session.tickets_left_out;
    const key = JSON.stringify([fixes, total, this.#target.tab]);
    if (key === this.#tabsKey) return;
    this.#tabsKey = key;
    const focused = this.#tabs.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    fill(
      this.#tabs,
      TABS.map(([name, label]) =>
        h(
          "a",
          { href: this.href(name), "aria-current": name === this.#target.tab ? "page" : null },
          label,
          name === "tickets" && h("span.count", {}, total.toLocaleString()),
          name === "results" && fixes > 0 && h("span.count.warn", { title: plural(fixes, "manual fix", "manual fixes") }, fixes.toLocaleString()),
        ),
      ),
    );
    if (focused) this.#tabs.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  }

  /** The card on top: built anew when what it says has changed, so that nobody's focus is taken for nothing. */
  #renderRun() {
    if (this.store.gone) {
      this.#showPanel("gone", () => gone());
      return;
    }
    const session = this.session;
    // What went wrong with a request is news only as long as the session stands as it stood then.
    if (this.#problem && this.#problem.status !== session.status) this.#problem = null;
    if (session.status === "exporting") {
      if (!this.#live) {
        this.#panelKey = "live";
        this.#live = new LivePanel(this);
        fill(this.#run, this.#live.element);
      }
      this.#live.update(session, this.store.connection);
      return;
    }
    const { status, failure, archived_at, total_tickets, tickets_exported, tickets_left_out, manual_fixes_needed, completed_at } = session;
    const facts = [status, failure, archived_at, total_tickets, tickets_exported, tickets_left_out, manual_fixes_needed, completed_at];
    const problem = this.#problem?.error.message === this.plan.problem?.message ? null : this.#problem?.error;
    const key = JSON.stringify([facts, this.plan.key, problem?.message]);
    this.#showPanel(key, () => [outcomePanel(this), problem && h("div.below", {}, problemNotice(problem))]);
  }

  #showPanel(key, build) {
    this.#live?.stop();
    this.#live = null;
    if (key === this.#panelKey) return;
    this.#panelKey = key;
    const focused = this.#run.contains(document.activeElement) ? document.activeElement.id : null;
    fill(this.#run, build());
    if (focused) document.getElementById(focused)?.focus();
  }
}

function gone() {
  return h(
    "div.card.run",
    { role: "alert" },
    h("h2", {}, "This session was deleted"),
    h("p.lead", {}, "Somebody has deleted it while it was open here. What exists in Jira stays. Below is what this page knew last."),
    h("p.below", {}, h("a.button", { href: "#/" }, "All sessions")),
  );
}

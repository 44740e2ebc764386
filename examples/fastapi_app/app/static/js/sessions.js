// All sessions: what runs and what has failed first; searched, filtered, sorted, archived; and loading another.

import { api } from "./api.js";
import { fill, h, icon } from "./dom.js";
import { plural, SESSION_STATES, when, words } from "./format.js";
import { openLoader } from "./loader.js";
import { problemNotice } from "./problem.js";

const REFRESH_MS = 2500;
const TYPING_MS = 150;
const PAGE = 50;
const ORDERS = [
  ["activity", "What needs attention first"],
  ["started", "Latest start first"],
  ["name", "By name"],
  ["project", "By project"],
];

export class SessionsView {
  #asked = 0;
  #shownText = "";
  #offset = 0;
  #timer = null;
  #typing = null;
  #left = false;
  #problem = h("div");
  #list = h("div.card", {}, h("div.card-pad", {}, h("div.skeleton"), h("div.skeleton"), h("div.skeleton")));
  #pager = h("nav.pager", { "aria-label": "Pages", hidden: true });
  #tools = h("div.list-tools", { role: "search", "aria-label": "Sessions", hidden: true });
  #search = h("input.input.search", {
    type: "search",
    placeholder: "Search by name or project",
    "aria-label": "Search sessions by name or project",
    oninput: () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#again(), TYPING_MS);
    },
  });
  #state = h("select.input.select", { "aria-label": "State", onchange: () => this.#again() });
  #order = h(
    "select.input.select",
    { "aria-label": "Order", onchange: () => this.#again() },
    ORDERS.map(([value, text]) => h("option", { value }, text)),
  );
  #archived = h("input", { type: "checkbox", onchange: () => this.#again() });

  constructor() {
    fill(this.#state, h("option", { value: "" }, "All states"), Object.entries(SESSION_STATES).map(([value, { text }]) => h("option", { value }, text)));
    fill(this.#tools, this.#search, this.#state, this.#order, h("label.check", {}, this.#archived, "Archived"));
    this.element = h(
      "div.page",
      {},
      h(
        "div.page-head",
        {},
        h("div", {}, h("h1", {}, "Sessions"), h("p.meta", {}, "Batches of reviewed tickets, each on its way to a Jira project.")),
        h("div.actions", {}, h("button.button.primary", { type: "button", onclick: openLoader }, icon("upload"), "Load a batch file")),
      ),
      this.#tools,
      this.#problem,
      this.#list,
      this.#pager,
    );
  }

  accepts(target) {
    return target.id === null;
  }

  go() {}

  async open() {
    await this.#load();
    this.#schedule();
  }

  leave() {
    this.#left = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#typing);
  }

  /** One request after the other, so that a slow service is not asked more than it answers. */
  #schedule() {
    if (this.#left) return;
    this.#timer = setTimeout(async () => {
      if (!document.hidden) {
        try {
          await this.#load();
        } catch (error) {
          if (error.status !== 0 && error.status !== 401) fill(this.#problem, problemNotice(error));
        }
      }
      this.#schedule();
    }, REFRESH_MS);
  }

  async #again() {
    clearTimeout(this.#typing);
    this.#offset = 0;
    await this.#loadOrSay();
  }

  async #loadOrSay() {
    try {
      await this.#load();
    } catch (error) {
      fill(this.#problem, problemNotice(error));
    }
  }

  async #load() {
    const asked = ++this.#asked;
    const answer = await api.sessions({
      q: this.#search.value.trim(),
      status: this.#state.value,
      sort: this.#order.value,
      archived: this.#archived.checked ? "true" : "",
      offset: String(this.#offset),
      limit: PAGE,
    });
    if (asked !== this.#asked || this.#left) return; // a later question has been asked meanwhile
    fill(this.#problem);
    this.#show(answer);
  }

  #show(answer) {
    const { sessions, total } = answer;
    const filtered = this.#search.value.trim() || this.#state.value || this.#archived.checked;
    if (filtered || total > 0) this.#tools.hidden = false;
    const text = JSON.stringify(answer);
    if (text === this.#shownText) return;
    this.#shownText = text;
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    fill(this.#list, sessions.length ? h("ul.session-list", {}, sessions.map((session) => h("li", {}, row(session)))) : filtered ? noMatch() : nothing());
    if (focused) this.#list.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
    this.#showPager(sessions.length, total);
  }

  #showPager(shown, total) {
    this.#pager.hidden = total <= PAGE;
    const turn = (step) => async () => {
      this.#offset = Math.max(0, this.#offset + step);
      await this.#loadOrSay();
      scrollTo(0, 0);
    };
    fill(
      this.#pager,
      h("button.button.small", { type: "button", disabled: this.#offset === 0, onclick: turn(-PAGE) }, "← Before"),
      h("span.muted.small", { role: "status" }, `${(this.#offset + 1).toLocaleString()}–${(this.#offset + shown).toLocaleString()} of ${total.toLocaleString()}`),
      h("button.button.small", { type: "button", disabled: this.#offset + shown >= total, onclick: turn(PAGE) }, "After →"),
    );
  }
}

function row(session) {
  const state = SESSION_STATES[session.status] ?? { text: words(session.status), tone: "" };
  const { tickets_exported: done, total_tickets: total, tickets_edited: edited } = session;
  const bar = h("span");
  bar.style.width = `${total ? (100 * done) / total : 0}%`;
  return h(
    "a.session-row",
    { href: `#/${session.session_id}` },
    h(
      "div",
      {},
      h("div.name", {}, session.name || "Unnamed session"),
      h(
        "div.meta",
        {},
        h("span.key", {}, session.project_key),
        h("span", {}, session.started_at ? `Started ${when(session.started_at)}` : "Not exported yet"),
        session.manual_fixes_needed > 0 && h("span", {}, plural(session.manual_fixes_needed, "manual fix", "manual fixes")),
        edited > 0 && h("span.warn-text", {}, `${plural(edited, "ticket")} edited since export`),
      ),
    ),
    h(
      "div.progress",
      {},
      h("div", { class: `bar ${session.status === "completed" ? "good" : session.status === "export_failed" ? "bad" : ""}` }, bar),
      h("span", {}, done ? `${done.toLocaleString()} of ${plural(total, "ticket")}` : plural(total, "ticket")),
    ),
    h("span.state", {}, h("span.lozenge", { class: state.tone }, state.text)),
  );
}

function noMatch() {
  return h("div.empty", {}, h("h2", {}, "No session matches"), h("p", {}, "Change the search, the state, or look among the archived ones."));
}

function nothing() {
  return h(
    "div.empty",
    {},
    h("h2", {}, "No sessions yet"),
    h("p", {}, "Load a batch file with reviewed tickets. You will see each ticket as Jira will show it before anything is sent."),
    h("button.button.primary", { type: "button", onclick: openLoader }, icon("upload"), "Load a batch file"),
  );
}

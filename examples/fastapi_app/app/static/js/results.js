// What came of the export: a check list of what to fix by hand, shared by everybody who sees the session, and the issues.

import { api, resultsFile } from "./api.js";
import { busy, fill, h, icon, toast } from "./dom.js";
import { FIX_KINDS, plural, when, words } from "./format.js";
import { problemNotice } from "./problem.js";

const PART = 100;
const RELOAD_MS = 1500;
const RUNNING_MS = 5000; // while an export runs, something is new all the time

export class ResultsTab {
  #view;
  #id;
  #shown = null;
  #busy = false;
  #timer = null;
  #fixes = { list: [], total: 0, done: 0, limit: PART };
  #issues = { list: [], total: 0, limit: PART };
  #problem = h("div");
  #checkList = h("div");
  #issueList = h("div");

  constructor(view) {
    this.#view = view;
    this.#id = view.session.session_id;
    fill(this.#checkList, h("div.card.card-pad", {}, h("div.skeleton"), h("div.skeleton")));
    this.element = h("div.stack", {}, this.#problem, this.#checkList, this.#issueList);
    this.#load();
  }

  leave() {
    clearTimeout(this.#timer);
  }

  /** Something has happened: an issue, a fix that somebody has done. */
  update() {
    if (this.#view.session.last_entry === this.#shown) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#load();
    }, this.#view.session.status === "exporting" ? RUNNING_MS : RELOAD_MS);
  }

  async #load() {
    if (this.#busy) return;
    this.#busy = true;
    const at = this.#view.session.last_entry;
    try {
      const [fixes, issues] = await Promise.all([
        parts((offset, limit) => api.fixes(this.#id, { offset, limit }), "fixes", this.#fixes.limit),
        parts((offset, limit) => api.tickets(this.#id, { status: ["exported"], offset, limit }), "tickets", this.#issues.limit),
      ]);
      this.#shown = at;
      Object.assign(this.#fixes, { list: fixes.list, total: fixes.total, done: fixes.first.fixes_done });
      Object.assign(this.#issues, { list: issues.list, total: issues.total });
      fill(this.#problem);
      this.#render();
    } catch (error) {
      fill(this.#problem, problemNotice(error));
    }
    this.#busy = false;
    if (this.#view.session.last_entry !== at) this.update();
  }

  #render() {
    const focused = this.element.contains(document.activeElement) ? document.activeElement.id : null;
    if (!this.#issues.total && !this.#fixes.total) {
      fill(this.#checkList, nothing());
      fill(this.#issueList);
      return;
    }
    fill(this.#checkList, this.#fixes.total ? this.#renderFixes() : this.#view.session.status === "completed" && h("p.notice.good", {}, icon("done"), "Nothing to fix by hand."));
    fill(this.#issueList, this.#renderIssues());
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  #renderFixes() {
    const { list, total, done } = this.#fixes;
    return h(
      "section.card",
      { "aria-labelledby": "fixes-title" },
      h(
        "div.card-pad.section-head",
        {},
        h("h2", { id: "fixes-title" }, "To fix by hand in Jira"),
        h("span.muted.small", { role: "status" }, `${done.toLocaleString()} of ${total.toLocaleString()} done`),
      ),
      h("ul.fix-list", {}, list.map((fix) => h("li", {}, this.#renderFix(fix)))),
      this.#more(this.#fixes, "fixes"),
    );
  }

  #renderFix(fix) {
    const id = `fix-${fix.fix_id}`;
    const box = h("input", { type: "checkbox", id, checked: fix.done, onchange: () => this.#mark(fix, box) });
    const who = [fix.done_by && `by ${fix.done_by}`, fix.done_at && when(fix.done_at)].filter(Boolean).join(", ");
    return h(
      "div.fix",
      { class: fix.done ? "done" : "" },
      box,
      h(
        "label",
        { for: id },
        h("span.what", {}, fix.title),
        h("span.lozenge.warn", {}, FIX_KINDS[fix.issue_type] ?? words(fix.issue_type)),
        h("span.todo", {}, fix.recommended_action),
        fix.asked_for && h("span.path", {}, `${fix.field ? `${words(fix.field)}: asked` : "Asked"} for ${fix.asked_for}; ${fix.done_instead}.`),
        fix.done && h("span.path", {}, `Done${who ? ` ${who}` : ""}.`),
      ),
      h("a.key", { href: fix.jira_url, target: "_blank", rel: "noopener" }, fix.jira_key),
    );
  }

  async #mark(fix, box) {
    const wanted = box.checked;
    box.disabled = true;
    try {
      Object.assign(fix, await api.markFix(this.#id, fix.fix_id, wanted));
      this.#fixes.done += wanted ? 1 : -1;
      fill(this.#problem);
    } catch (error) {
      fill(this.#problem, problemNotice(error));
    }
    this.#render();
    await this.#load();
  }

  #renderIssues() {
    const { list, total } = this.#issues;
    return h(
      "section.card",
      { "aria-labelledby": "issues-title" },
      h(
        "div.card-pad.section-head",
        {},
        h("h2", { id: "issues-title" }, plural(total, "issue")),
        h("span.muted.small", {}, "Everything as a file, the manual fixes included:"),
        h("div.actions", {}, this.#download("csv", "CSV"), this.#download("markdown", "Markdown"), this.#copy()),
      ),
      h(
        "div.table-wrap",
        {},
        h(
          "table.plain.cards",
          {},
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Issue"), h("th", { scope: "col" }, "Title"))),
          h(
            "tbody",
            {},
            list.map((ticket) =>
              h(
                "tr",
                {},
                h("td.nowrap", {}, h("a.key", { href: ticket.jira_url, target: "_blank", rel: "noopener" }, ticket.jira_key)),
                h("td", {}, ticket.exported_title ?? ticket.title, " ", ticket.change === "edited" && h("span.lozenge.warn", {}, "Edited since export"), ticket.change === "removed" && h("span.lozenge.warn", {}, "No longer in the batch file")),
              ),
            ),
          ),
        ),
      ),
      this.#more(this.#issues, "issues"),
    );
  }

  #more(part, name) {
    if (part.list.length >= part.total) return null;
    const button = h("button.button.small", { type: "button", id: `more-${name}` }, `Show more (${(part.total - part.list.length).toLocaleString()} left)`);
    button.addEventListener("click", () => {
      part.limit += PART * 5;
      busy(button, () => this.#load());
    });
    return h("p.card-pad", {}, button);
  }

  #download(format, text) {
    const button = h("button.button.small", { type: "button", id: `download-${format}` }, icon("download"), text);
    button.addEventListener("click", () =>
      busy(button, async () => {
        try {
          save(`${fileName(this.#view.session)}-results.${format === "csv" ? "csv" : "md"}`, await resultsFile(this.#id, format));
        } catch (error) {
          fill(this.#problem, problemNotice(error));
        }
      }),
    );
    return button;
  }

  #copy() {
    const button = h("button.button.small", { type: "button", id: "copy-results" }, icon("copy"), "Copy");
    button.addEventListener("click", () =>
      busy(button, async () => {
        try {
          await copy(await (await resultsFile(this.#id, "markdown")).text());
          toast("The results are on the clipboard, as Markdown.");
        } catch (error) {
          fill(this.#problem, problemNotice(error));
        }
      }),
    );
    return button;
  }
}

/** The first `wanted` of a paged list. */
async function parts(read, name, wanted) {
  const list = [];
  let first = null;
  for (;;) {
    const part = await read(String(list.length), PART);
    first ??= part;
    list.push(...part[name]);
    if (!part[name].length || list.length >= Math.min(wanted, part.total)) return { list, total: part.total, first };
  }
}

function nothing() {
  return h("div.card.empty", {}, h("h2", {}, "No issues yet"), h("p", {}, "The issues appear here as they are created, with everything you may have to put right in Jira."));
}

const fileName = (session) =>
  (session.name || session.project_key)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "") || "session";

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // The clipboard is closed to pages over plain HTTP; the old way still works there.
    const area = h("textarea.visually-hidden", {}, text);
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function save(name, blob) {
  const address = URL.createObjectURL(blob);
  const link = h("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

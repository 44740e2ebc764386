// What came of the export: a check list of what to fix by hand, and the issues.

import { api } from "./api.js";
import { fill, h, icon, toast } from "./dom.js";
import { FIX_KINDS, minutes, plural, words } from "./format.js";
import { problemNotice } from "./problem.js";

export class ResultsTab {
  #view;
  #shown = "";

  constructor(view) {
    this.#view = view;
    this.element = h("div.stack", {}, h("div.card.card-pad", {}, h("div.skeleton"), h("div.skeleton")));
    this.update();
  }

  async update() {
    const { session_id: id, status, tickets_exported: exported, manual_fixes_needed: fixes } = this.#view.session;
    const state = `${status} ${exported} ${fixes}`;
    if (state === this.#shown) return;
    this.#shown = state;
    try {
      const results = await api.results(id);
      fill(this.element, results.total_tickets_created ? [this.#checkList(results), issues(results)] : nothing());
    } catch (error) {
      fill(this.element, problemNotice(error));
    }
  }

  #checkList(results) {
    const { manual_fixes: fixes } = results;
    if (!fixes.length) {
      return this.#view.session.status === "completed" && h("p.notice.good", {}, "Nothing to fix by hand.");
    }
    const key = `session-export-fixes-${results.session_id}`;
    const done = new Set(JSON.parse(localStorage.getItem(key) ?? "[]"));
    const count = h("span.muted.small");
    const tell = () => fill(count, `${fixes.filter((fix) => done.has(idOf(fix))).length} of ${fixes.length} done`);
    const items = fixes.map((fix) => {
      const id = idOf(fix);
      const item = h("label.fix", { class: done.has(id) ? "done" : "" });
      const box = h("input", {
        type: "checkbox",
        checked: done.has(id),
        onchange: () => {
          if (box.checked) done.add(id);
          else done.delete(id);
          item.classList.toggle("done", box.checked);
          localStorage.setItem(key, JSON.stringify([...done]));
          tell();
        },
      });
      fill(
        item,
        box,
        h("span", {}, h("span.what", {}, fix.title), h("span.lozenge.warn", {}, FIX_KINDS[fix.issue_type] ?? words(fix.issue_type)), h("p.todo", {}, fix.recommended_action)),
        h("a.key", { href: fix.jira_url, target: "_blank", rel: "noopener" }, fix.jira_key),
      );
      return h("li", {}, item);
    });
    tell();
    const name = fileName(this.#view.session);
    return h(
      "section.card",
      { "aria-labelledby": "fixes-title" },
      h(
        "div.card-pad.section-head",
        {},
        h("h2", { id: "fixes-title" }, "To fix by hand in Jira"),
        count,
        h(
          "div.actions",
          {},
          action("copy", "Copy", async () => {
            await copy(asMarkdown(fixes, done));
            toast("The check list is on the clipboard, as Markdown.");
          }),
          action("download", "Markdown", () => save(`${name}-manual-fixes.md`, "text/markdown", asMarkdown(fixes, done))),
          action("download", "CSV", () => save(`${name}-manual-fixes.csv`, "text/csv", asCsv(fixes, done))),
        ),
      ),
      h("ul.fix-list", {}, items),
    );
  }
}

function action(picture, text, onclick) {
  return h("button.button.small", { type: "button", onclick }, icon(picture), text);
}

function nothing() {
  return h("div.card.empty", {}, h("h2", {}, "No issues yet"), h("p", {}, "The issues appear here as they are created, with everything you may have to put right in Jira."));
}

function issues(results) {
  return h(
    "section.card",
    { "aria-labelledby": "issues-title" },
    h(
      "div.card-pad.section-head",
      {},
      h("h2", { id: "issues-title" }, plural(results.total_tickets_created, "issue")),
      h(
        "span.muted.small",
        {},
        [
          results.dependencies_created > 0 && plural(results.dependencies_created, "dependency", "dependencies"),
          results.total_processing_time_minutes > 0 && `worked ${minutes(results.total_processing_time_minutes)}`,
        ]
          .filter(Boolean)
          .join(" · "),
      ),
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
          results.jira_tickets.map((ticket) =>
            h(
              "tr",
              {},
              h("td.nowrap", {}, h("a.key", { href: ticket.jira_url, target: "_blank", rel: "noopener" }, ticket.jira_key)),
              h("td", {}, ticket.title),
            ),
          ),
        ),
      ),
    ),
  );
}

const idOf = (fix) => `${fix.jira_key} ${fix.issue_type} ${fix.recommended_action}`;

const fileName = (session) =>
  (session.name || session.project_key)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "") || "session";

function asMarkdown(fixes, done) {
  const escape = (text) => text.replace(/([\\`*_[\]<>#|])/g, "\\$1").replace(/\s+/g, " ");
  return `${fixes
    .map((fix) => `- [${done.has(idOf(fix)) ? "x" : " "}] [${fix.jira_key}](${fix.jira_url}) ${escape(fix.title)}: ${escape(fix.recommended_action)}`)
    .join("\n")}\n`;
}

function asCsv(fixes, done) {
  // A leading apostrophe keeps spreadsheets from taking a text for a formula.
  const cell = (text) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  const rows = fixes.map((fix) => [fix.jira_key, fix.title, fix.issue_type, fix.recommended_action, fix.jira_url, done.has(idOf(fix)) ? "yes" : "no"]);
  const lines = [["Issue", "Title", "What", "What to do", "Address", "Done"], ...rows].map((row) => row.map(cell).join(","));
  return `\uFEFF${lines.join("\r\n")}\r\n`;
}

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

function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = h("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

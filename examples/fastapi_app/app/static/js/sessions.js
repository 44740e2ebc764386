// All sessions, and loading another.

import { api } from "./api.js";
import { busy, fill, h, icon, toast } from "./dom.js";
import { plural, SESSION_STATES, when, words } from "./format.js";
import { problemNotice } from "./problem.js";

const REFRESH_MS = 5000;

export class SessionsView {
  #list = h("div.card", {}, h("div.card-pad", {}, h("div.skeleton"), h("div.skeleton"), h("div.skeleton")));
  #timer = null;

  constructor() {
    this.element = h(
      "div.page",
      {},
      h(
        "div.page-head",
        {},
        h("div", {}, h("h1", {}, "Sessions"), h("p.meta", {}, "Batches of reviewed tickets, each on its way to a Jira project.")),
        h("div.actions", {}, h("button.button.primary", { type: "button", onclick: openLoader }, icon("upload"), "Load a batch file")),
      ),
      this.#list,
    );
  }

  accepts(target) {
    return target.id === null;
  }

  go() {}

  async open() {
    this.#show((await api.sessions()).sessions);
    this.#timer = setInterval(async () => {
      if (document.hidden) return;
      const focused = document.activeElement?.getAttribute("href");
      this.#show((await api.sessions()).sessions);
      if (focused) this.element.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
    }, REFRESH_MS);
  }

  leave() {
    clearInterval(this.#timer);
  }

  #show(sessions) {
    fill(this.#list, sessions.length ? h("ul.session-list", {}, sessions.map((session) => h("li", {}, row(session)))) : nothing());
  }
}

function row(session) {
  const state = SESSION_STATES[session.status] ?? { text: words(session.status), tone: "" };
  const { tickets_exported: done, total_tickets: total } = session;
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

function nothing() {
  return h(
    "div.empty",
    {},
    h("h2", {}, "No sessions yet"),
    h("p", {}, "Load a batch file with reviewed tickets: JSON, JSON Lines, YAML or CSV. You will see each ticket as Jira will show it before anything is sent."),
    h("button.button.primary", { type: "button", onclick: openLoader }, icon("upload"), "Load a batch file"),
  );
}

function openLoader() {
  const problem = h("div");
  const file = h("input.visually-hidden", { id: "batch", type: "file", accept: ".json,.jsonl,.ndjson,.yaml,.yml,.csv,.tsv", required: true });
  const chosen = h("strong", {}, "Choose a batch file, or drop it here");
  const attachments = h("input.input", { id: "attachments", type: "file", multiple: true, "aria-describedby": "attachments-hint" });
  const project = h("input.input", { id: "project", placeholder: "From the file", autocapitalize: "characters", spellcheck: false });
  const drop = h("label.drop", { for: "batch" }, chosen, h("span.muted.small", {}, "JSON, JSON Lines, YAML or CSV"), file);
  const submit = h("button.button.primary", { type: "submit" }, "Load");

  const showName = () => fill(chosen, file.files[0]?.name ?? "Choose a batch file, or drop it here");
  file.addEventListener("change", showName);
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    file.files = event.dataTransfer.files;
    showName();
  });

  const dialog = h(
    "dialog",
    { "aria-labelledby": "load-title", onclose: () => dialog.remove() },
    h(
      "form.dialog-body",
      {
        onsubmit: (event) => {
          event.preventDefault();
          load();
        },
      },
      h("h2", { id: "load-title" }, "Load a batch file"),
      problem,
      drop,
      h(
        "div.field",
        {},
        h("label", { for: "attachments" }, "Attachments"),
        attachments,
        h("p.hint", { id: "attachments-hint" }, "The files that tickets name. Leave empty if there are none."),
      ),
      h("div.field", {}, h("label", { for: "project" }, "Project key"), project),
      h(
        "div.dialog-actions",
        {},
        h("button.button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
        submit,
      ),
    ),
  );

  async function load() {
    const form = new FormData();
    form.append("file", file.files[0]);
    for (const attachment of attachments.files) form.append("attachments", attachment);
    if (project.value.trim()) form.append("project_key", project.value.trim());
    try {
      const session = await busy(submit, () => api.load(form));
      dialog.close();
      toast(`Loaded ${plural(session.total_tickets, "ticket")}.`);
      location.hash = `#/${session.session_id}`;
    } catch (error) {
      fill(problem, problemNotice(error));
    }
  }

  document.body.append(dialog);
  dialog.showModal();
}

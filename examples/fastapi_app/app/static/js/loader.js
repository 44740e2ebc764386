// The dialog that loads a batch file, with the files its tickets attach.

import { api } from "./api.js";
import { busy, fill, h, icon, toast } from "./dom.js";
import { batchCandidates, chosenFiles, droppedFiles, isMarkdown, MOST_FILES } from "./files.js";
import { plural, size } from "./format.js";
import { problemNotice } from "./problem.js";

export function openLoader() {
  let entries = new Map();
  let batch = null;

  const problem = h("div");
  const files = h("input.visually-hidden", { id: "files", type: "file", multiple: true, onchange: () => add(chosenFiles(files), files) });
  const folder = h("input.visually-hidden", { id: "folder", type: "file", webkitdirectory: true, multiple: true, onchange: () => add(chosenFiles(folder), folder) });
  const project = h("input.input", { id: "project", placeholder: "From the file", autocapitalize: "characters", spellcheck: false });
  const submit = h("button.button.primary", { type: "submit", disabled: true }, "Load");
  const chosen = h("div.chosen", { "aria-live": "polite" });
  const drop = h(
    "div.drop",
    {},
    h("strong", {}, "Drop a batch file, a folder or a zip here"),
    h("p.muted.small", { id: "drop-hint" }, "JSON, JSON Lines, YAML, CSV, Excel, or a folder of Markdown files; with the files that its tickets attach, if there are any."),
    h(
      "div.drop-actions",
      {},
      h("button.button.small", { type: "button", "aria-describedby": "drop-hint", onclick: () => files.click() }, "Choose files"),
      h("button.button.small", { type: "button", "aria-describedby": "drop-hint", onclick: () => folder.click() }, "Choose a folder"),
    ),
    files,
    folder,
  );
  for (const input of [files, folder]) {
    input.tabIndex = -1;
    input.setAttribute("aria-hidden", "true");
  }

  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    add(await droppedFiles(event.dataTransfer));
  });

  function add(found, input) {
    for (const each of found) entries.set(each.path, each);
    if (input) input.value = ""; // so that the same file can be chosen again after it was corrected
    fill(problem);
    show();
  }

  function show() {
    const all = [...entries.values()];
    const candidates = batchCandidates(all);
    if (!candidates.some(({ path }) => path === batch)) batch = candidates[0]?.path ?? null;
    const others = all.filter(({ path }) => path !== batch);
    const markdown = batch === null && all.some(isMarkdown);
    submit.disabled = batch === null && !markdown;
    fill(
      chosen,
      all.length > 0 && [
        candidates.length > 1
          ? h(
              "div.field",
              {},
              h("label", { for: "batch" }, "Batch file"),
              h(
                "select.input",
                {
                  id: "batch",
                  onchange: (event) => {
                    batch = event.currentTarget.value;
                    show();
                  },
                },
                candidates.map(({ path }) => h("option", { value: path, selected: path === batch }, path)),
              ),
            )
          : h("p", {}, icon("check"), h("strong", {}, batch ?? (markdown ? "A folder of Markdown files" : "No batch file is among them"))),
        others.length > 0 && h("p.muted.small", {}, `${plural(others.length, "more file")}, ${size(others.reduce((sum, { file }) => sum + file.size, 0))}`),
        others.length + 1 > MOST_FILES && h("p.notice.warn", {}, `More than ${MOST_FILES.toLocaleString()} files cannot be sent one by one: pack the folder as a zip, and choose that.`),
        h("button.button.small.quiet", { type: "button", onclick: clear }, "Choose others"),
      ],
    );
  }

  function clear() {
    entries = new Map();
    batch = null;
    fill(problem);
    show();
  }

  async function load() {
    const form = new FormData();
    const all = [...entries.values()];
    // Of a folder of Markdown files the service is sent one of these first: an image would be taken for the batch file.
    const first = all.find(({ path }) => path === batch) ?? all.find(isMarkdown);
    form.append("file", first.file, first.path);
    for (const { file, path } of all) if (path !== first.path) form.append("attachments", file, path);
    if (project.value.trim()) form.append("project_key", project.value.trim());
    fill(problem);
    try {
      const session = await busy(submit, () => api.load(form));
      dialog.close();
      toast(`Loaded ${plural(session.total_tickets, "ticket")}.`);
      location.hash = `#/${session.session_id}`;
    } catch (error) {
      fill(problem, problemNotice(error));
      problem.scrollIntoView({ block: "nearest" });
    }
  }

  const dialog = h(
    "dialog.wide",
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
      chosen,
      h("div.field", {}, h("label", { for: "project" }, "Project key"), project),
      h("div.dialog-actions", {}, h("button.button", { type: "button", onclick: () => dialog.close() }, "Cancel"), submit),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}

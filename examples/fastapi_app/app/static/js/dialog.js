// Asks before something that cannot be taken back.

import { busy, h } from "./dom.js";
import { problemNotice } from "./problem.js";

/** Show what will happen; `work` runs when it is confirmed, and its error is shown in the dialog. */
export function confirmDialog({ title, text, keep, confirm, danger = false }, work) {
  const problem = h("div");
  const go = h("button.button", { type: "button", class: danger ? "danger" : "primary" }, confirm);
  const dialog = h(
    "dialog",
    { "aria-labelledby": "confirm-title", onclose: () => dialog.remove() },
    h(
      "div.dialog-body",
      {},
      h("h2", { id: "confirm-title" }, title),
      h("p.muted", {}, text),
      problem,
      h("div.dialog-actions", {}, h("button.button", { type: "button", onclick: () => dialog.close() }, keep), go),
    ),
  );
  go.addEventListener("click", async () => {
    try {
      await busy(go, work);
      dialog.close();
    } catch (error) {
      problem.replaceChildren(problemNotice(error));
    }
  });
  document.body.append(dialog);
  dialog.showModal();
}

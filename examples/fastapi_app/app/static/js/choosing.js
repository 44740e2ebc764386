// Choosing tickets: to start or retry with these alone, or to leave them out.

import { busy, fill, h } from "./dom.js";
import { problemNotice } from "./problem.js";

export class Choice {
  active = false;
  #view;
  #pages;
  #onChange;
  #ids = new Set();
  #count = h("strong", { role: "status" });
  #problem = h("div");
  #only = h("button.button.small.primary", { type: "button", id: "only-these" });
  #without = h("button.button.small", { type: "button", id: "without-these" });
  #all = h("button.button.small.quiet", { type: "button", onclick: () => this.#chooseAll() }, "All that match");

  constructor(view, pages, onChange) {
    this.#view = view;
    this.#pages = pages;
    this.#onChange = onChange;
    this.button = h("button.button.small", { type: "button", id: "choose", onclick: () => this.#toggle(!this.active) }, "Choose tickets");
    this.bar = h(
      "div.choice",
      { hidden: true, role: "group", "aria-label": "Chosen tickets" },
      h("div.choice-line", {}, this.#count, this.#all, h("button.button.small.quiet", { type: "button", onclick: () => this.#clear() }, "None")),
      h("div.choice-line", {}, this.#only, this.#without),
      this.#problem,
    );
    this.#only.addEventListener("click", () => this.#run(this.#only, { only: [...this.#ids] }));
    this.#without.addEventListener("click", () => this.#run(this.#without, { skip: [...this.#ids] }));
    this.update();
  }

  /** The check box of a row; null while nothing is to be chosen. */
  box(ticket) {
    if (!this.active) return null;
    return h("input.choose", {
      type: "checkbox",
      "aria-label": `Choose ticket ${ticket.order}: ${ticket.title}`,
      disabled: Boolean(ticket.jira_key),
      title: ticket.jira_key ? "It is in Jira already" : "",
      onchange: (event) => {
        if (event.currentTarget.checked) this.#ids.add(ticket.ticket_id);
        else this.#ids.delete(ticket.ticket_id);
        this.update();
      },
    });
  }

  sync(ticket, row) {
    const box = row.querySelector("input.choose");
    if (box) box.checked = this.#ids.has(ticket.ticket_id);
  }

  /** The session has changed. */
  update() {
    const { status, archived_at: archived, tickets_left_out: leftOut } = this.#view.session;
    const isOpen = status !== "exporting" && (status !== "completed" || leftOut > 0);
    const possible = isOpen && !archived && !this.#view.store.gone;
    this.button.hidden = !possible;
    if (!possible && this.active) this.#toggle(false);
    this.button.setAttribute("aria-pressed", String(this.active));
    const number = this.#ids.size;
    const text = `${number.toLocaleString()} chosen`;
    if (this.#count.textContent !== text) fill(this.#count, text);
    const verb = status === "export_failed" ? "Retry" : "Export";
    fill(this.#only, `${verb} only ${number === 1 ? "this one" : "these"}`);
    fill(this.#without, `${verb} without ${number === 1 ? "it" : "them"}`);
    this.#only.disabled = this.#without.disabled = number === 0;
  }

  #toggle(active) {
    this.active = active;
    this.bar.hidden = !active;
    fill(this.button, active ? "Stop choosing" : "Choose tickets");
    if (!active) this.#ids.clear();
    this.update();
    this.#onChange();
  }

  #clear() {
    this.#ids.clear();
    this.update();
    this.#onChange();
  }

  async #chooseAll() {
    try {
      for (const id of await busy(this.#all, () => this.#pages.open())) this.#ids.add(id);
    } catch (error) {
      fill(this.#problem, problemNotice(error));
    }
    this.update();
    this.#onChange();
  }

  async #run(button, choice) {
    fill(this.#problem);
    const failed = this.#view.session.status === "export_failed";
    const works = await busy(button, () => (failed ? this.#view.retry(choice) : this.#view.start(choice)));
    // A short export may be over before this window has seen it run.
    if (works && this.active) this.#toggle(false);
    this.update();
  }
}


// The card that is shown while an export runs. It shows what the store has, and counts the seconds in between.

import { confirmDialog } from "./dialog.js";
import { fill, h } from "./dom.js";
import { clock, duration, plural } from "./format.js";

export class LivePanel {
  #view;
  #session = null;
  #clockShift = 0;
  #ticker;
  #percent = h("span", {}, "0");
  #stage = h("p.title", {}, "Starting");
  #fillBar = h("span");
  #bar = h("div.bar", { role: "progressbar", "aria-label": "Export progress", "aria-valuemin": "0", "aria-valuemax": "100" }, this.#fillBar);
  #done = h("dd", {}, "–");
  #pace = h("dd", {}, "–");
  #remaining = h("dd", {}, "–");
  #elapsed = h("dd", {}, "–");
  #connection = h("span.lozenge", { id: "connection" }, "Connecting");
  #announcer = h("p.visually-hidden", { role: "status" });
  #announced = null;
  #cancel = h("button.button.small", { type: "button", id: "cancel", onclick: () => this.#askToCancel() }, "Cancel export");

  constructor(view) {
    this.#view = view;
    this.element = h(
      "div.card.run.live",
      {},
      h(
        "div.live-top",
        {},
        h("div.live-percent", {}, this.#percent, h("small", {}, "%")),
        h("div.live-stage", {}, h("p.muted.small", {}, `Exporting to ${view.session.project_key}`), this.#stage),
      ),
      this.#bar,
      h(
        "dl.stats",
        {},
        stat("Exported", this.#done),
        stat("Pace", this.#pace),
        stat("Remaining", this.#remaining),
        stat("Elapsed", this.#elapsed),
      ),
      h("div.live-foot", {}, this.#connection, this.#cancel),
      this.#announcer,
    );
    this.#ticker = setInterval(() => this.#tick(), 1000);
  }

  stop() {
    clearInterval(this.#ticker);
  }

  /** Show the session as it is now. */
  update(session, connection) {
    this.#session = session;
    this.#clockShift = Date.parse(session.at) - Date.now();
    const { progress, tickets_exported: completed, total_tickets: total } = session;
    const percent = progress.progress_percentage ?? 0;
    write(this.#percent, percent < 10 ? percent.toFixed(1) : Math.floor(percent)); // 100 only when all is done
    write(this.#stage, stageText(progress));
    this.#fillBar.style.width = `${percent}%`;
    this.#bar.setAttribute("aria-valuenow", String(percent));
    this.#bar.setAttribute("aria-valuetext", `${completed} of ${plural(total, "ticket")} exported`);
    write(this.#done, `${completed.toLocaleString()} of ${total.toLocaleString()}`);
    const pace = session.pace_per_minute;
    write(this.#pace, pace ? `${pace < 10 ? pace.toFixed(1) : Math.round(pace).toLocaleString()} / min` : "–");
    this.#showConnection(connection);
    this.#announce(percent, completed, total);
    this.#cancel.disabled = session.cancel_requested;
    write(this.#cancel, session.cancel_requested ? "Stops after this step" : "Cancel export");
    this.#tick();
  }

  #showConnection(state) {
    const [text, tone] = {
      connecting: ["Connecting", ""],
      live: ["Live", "good pulse"],
      polling: ["Polling every 2 s", "warn"],
      offline: ["Connection lost, trying again", "bad"],
    }[state];
    this.#connection.className = `lozenge ${tone}`;
    write(this.#connection, text);
  }

  #askToCancel() {
    confirmDialog(
      {
        title: "Cancel this export?",
        text: "What is being created is finished first. Issues that exist stay, and you can go on later without creating any of them twice.",
        keep: "Keep exporting",
        confirm: "Cancel export",
      },
      () => this.#view.cancel(),
    );
  }

  /** Tell screen readers now and then, not with every ticket. */
  #announce(percent, completed, total) {
    if (this.#announced !== null && percent - this.#announced < 10) return;
    this.#announced = percent;
    fill(this.#announcer, `${completed} of ${plural(total, "ticket")} exported`);
  }

  /** The service's clock decides: this one may be set wrong. */
  #tick() {
    if (!this.#session) return;
    const now = Date.now() + this.#clockShift;
    const { running_since: since, seconds_remaining: left, at } = this.#session;
    if (since) write(this.#elapsed, duration((now - Date.parse(since)) / 1000));
    write(this.#remaining, left === null ? "–" : duration(Math.max(1, left - (now - Date.parse(at)) / 1000)));
  }
}

/** The service says times in UTC; here they are those of the clock on the wall. */
function stageText({ current_stage: stage = "Starting", waiting_until: until }) {
  return until ? stage.replace(/\d\d:\d\d:\d\d UTC/, clock(new Date(until))) : stage;
}

/** Change a text only when it has changed: selections and screen readers hold on to it. */
function write(element, text) {
  if (element.textContent !== text) fill(element, text);
}

function stat(name, value) {
  return h("div.stat", {}, h("dt", {}, name), value);
}

// Keeps a session's store up to date: over a WebSocket, and by polling while that is down.

import { api, openUpdates } from "./api.js";
import { connection } from "./connection.js";

const POLL_MS = 2000;
const RECONNECT_MS = [500, 1000, 2000, 4000, 8000, 15000];
const CONNECT_MS = 6000;
const SILENT_MS = 40_000; // the service says something every 15 seconds, so a longer silence is a dead connection

export class SessionFeed {
  #store;
  #socket = null;
  #stopped = false;
  #heard = 0; // messages of the socket: an answer that was asked for before the last of them may be older
  #failures = 0;
  #polling = false;
  #timers = { reconnect: null, silence: null, poll: null };
  #onReturn = () => !document.hidden && this.#hurry();

  constructor(store) {
    this.#store = store;
  }

  start() {
    addEventListener("online", this.#onReturn);
    document.addEventListener("visibilitychange", this.#onReturn);
    this.#connect();
  }

  stop() {
    this.#stopped = true;
    removeEventListener("online", this.#onReturn);
    document.removeEventListener("visibilitychange", this.#onReturn);
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#socket?.close();
  }

  /** Ask once, now: after something was done, its result is shown without waiting for the next message. */
  async refresh() {
    const { last_entry: after } = this.#store.update ?? {};
    const heard = this.#heard;
    try {
      const update = await api.update(this.#store.id, after);
      if (!this.#stopped && (heard === this.#heard || update.last_entry > (this.#store.update?.last_entry ?? -1))) {
        this.#store.apply(update);
      }
      return true;
    } catch (error) {
      if (!this.#stopped && error.status === 404) this.#end(error);
      else if (!this.#stopped && error.status === 422 && !this.#store.update) this.#end(error);
      return false;
    }
  }

  #connect() {
    clearTimeout(this.#timers.reconnect);
    this.#timers.reconnect = null;
    const socket = openUpdates(this.#store.id);
    this.#socket = socket;
    this.#watchSilence(CONNECT_MS);
    socket.addEventListener("message", (event) => {
      if (this.#stopped || socket !== this.#socket) return;
      this.#failures = 0;
      this.#heard += 1;
      this.#stopPolling();
      this.#watchSilence(SILENT_MS);
      const message = JSON.parse(event.data);
      connection.works();
      this.#store.connected("live");
      if (message.type === "session_update") this.#store.apply(message);
    });
    socket.addEventListener("close", (event) => {
      if (this.#stopped || socket !== this.#socket) return;
      this.#lost(event.code);
    });
  }

  #watchSilence(milliseconds) {
    clearTimeout(this.#timers.silence);
    this.#timers.silence = setTimeout(() => {
      const socket = this.#socket;
      this.#socket = null;
      socket?.close();
      this.#lost(0);
    }, milliseconds);
  }

  #lost(code) {
    clearTimeout(this.#timers.silence);
    this.#socket = null;
    if (code === 4401) dispatchEvent(new Event("sign-in-needed"));
    if (code === 4404) {
      this.#end(Object.assign(new Error("There is no such session."), { status: 404, actions: [] }));
      return;
    }
    const delay = RECONNECT_MS[Math.min(this.#failures++, RECONNECT_MS.length - 1)];
    // A little chance: a thousand pages must not all come back in the same moment.
    this.#timers.reconnect = setTimeout(() => this.#connect(), delay * (0.75 + Math.random() / 2));
    if (!this.#polling) this.#poll();
  }

  async #poll() {
    this.#polling = true;
    const works = await this.refresh();
    if (this.#stopped || !this.#polling) return;
    this.#store.connected(works ? "polling" : "offline");
    this.#timers.poll = setTimeout(() => this.#poll(), POLL_MS);
  }

  #stopPolling() {
    this.#polling = false;
    clearTimeout(this.#timers.poll);
  }

  /** Somebody looks again, or the network is back: no reason to wait any longer. */
  #hurry() {
    if (this.#stopped || this.#socket || this.#timers.reconnect === null) return;
    this.#connect();
  }

  #end(error) {
    this.stop();
    this.#store.lost(error);
  }
}

// The tickets of a session as far as they are needed: parts of the list, read when they come into view and kept up to
// date by the updates of the session.

import { api } from "./api.js";

const PAGE = 60;
const RELOAD_MS = 1500;

export class TicketPages {
  total = 0;
  counts = null;
  problem = null;
  #id;
  #onChange = () => {};
  #query = {};
  #abort = new AbortController();
  #pages = new Map(); // page → "loading" | "stale" | "here"
  #indexes = new Map(); // index → ticket id
  #tickets = new Map(); // ticket id → ticket
  #changed = new Map(); // ticket id → the number of the update that changed it last
  #updates = 0;
  #range = [0, 0];
  #timer = null;

  constructor(id) {
    this.#id = id;
  }

  /** Call `listener` when something else is to be shown. */
  tell(listener) {
    this.#onChange = listener;
  }

  /** Whether the first part of what was asked for is here. */
  get ready() {
    return this.#pages.get(0) === "here" || this.#pages.get(0) === "stale" || this.#indexes.size > 0;
  }

  get query() {
    return this.#query;
  }

  stop() {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  /** Show another selection: text, states, only those with manual fixes. Answers to earlier ones are given up. */
  async ask(query) {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#query = query;
    this.#pages.clear();
    this.#range = [0, 0];
    await this.#load(0, { replace: true });
  }

  /** The ticket at a place of the list; null while it is not here. */
  at(index) {
    return this.#tickets.get(this.#indexes.get(index)) ?? null;
  }

  /** A ticket that has been seen; null otherwise. */
  get(ticketId) {
    return this.#tickets.get(ticketId) ?? null;
  }

  /** Where in the list the ticket is; -1 when that is not known. */
  indexOf(ticketId) {
    for (const [index, id] of this.#indexes) if (id === ticketId) return index;
    return -1;
  }

  /** These rows are in view. */
  need(first, end) {
    this.#range = [first, end];
    for (let page = Math.floor(first / PAGE); page * PAGE < Math.max(end, 1); page += 1) {
      if (!this.#pages.has(page)) this.#load(page);
    }
  }

  /** The ids of the selection that have no issue yet. */
  async open() {
    const ids = [];
    for (let offset = 0; ; ) {
      const part = await api.tickets(this.#id, { ...this.#query, offset: String(offset), limit: 500 }, this.#abort.signal);
      ids.push(...part.tickets.filter((ticket) => !ticket.jira_key).map((ticket) => ticket.ticket_id));
      offset += part.tickets.length;
      if (!part.tickets.length || offset >= part.total) return ids;
    }
  }

  /** Take what an update says; what it does not say is read again. */
  apply(update) {
    this.#updates += 1;
    for (const ticket of update.tickets) {
      this.#changed.set(ticket.ticket_id, this.#updates);
      const known = this.#tickets.get(ticket.ticket_id);
      if (known) this.#tickets.set(ticket.ticket_id, { ...known, ...ticket });
    }
    const filtered = Object.values(this.#query).some((value) => value?.length);
    if (!update.tickets_complete || (filtered && update.tickets.length)) this.#readAgain();
    if (update.tickets.length) this.#onChange();
  }

  #readAgain() {
    for (const [page, state] of this.#pages) if (state === "here") this.#pages.set(page, "stale");
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      const [first, end] = this.#range;
      for (let page = Math.floor(first / PAGE); page * PAGE < Math.max(end, 1); page += 1) this.#load(page);
      for (const [page, state] of this.#pages) if (state === "stale") this.#pages.delete(page);
    }, RELOAD_MS);
  }

  async #load(page, { replace = false } = {}) {
    this.#pages.set(page, "loading");
    const { signal } = this.#abort;
    const asked = this.#updates;
    try {
      const part = await api.tickets(this.#id, { ...this.#query, offset: String(page * PAGE), limit: PAGE }, signal);
      if (signal.aborted) return;
      if (replace) this.#indexes.clear();
      this.problem = null;
      this.total = part.total;
      this.counts = part.counts;
      for (let place = 0; place < PAGE; place += 1) this.#indexes.delete(page * PAGE + place);
      part.tickets.forEach((ticket, place) => {
        this.#indexes.set(page * PAGE + place, ticket.ticket_id);
        // What an update has told since this was asked for may be newer.
        const isNewer = (this.#changed.get(ticket.ticket_id) ?? 0) > asked;
        this.#tickets.set(ticket.ticket_id, isNewer ? { ...ticket, ...this.#tickets.get(ticket.ticket_id) } : ticket);
      });
      this.#pages.set(page, "here");
      this.#onChange();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#pages.delete(page);
      this.problem = error;
      this.#onChange();
      if (error.status === 0) this.#readAgain();
    }
  }
}

// The dry run of a session: what an export would send, lose, and leave to do by hand. Kept beside the store, because the
// service makes it on request and it says nothing of how the export stands.

import { api } from "./api.js";

const BY_ITSELF = 500; // a dry run of more tickets is made on request
const PAGE = 100;
const MARKED = 500; // tickets with findings whose rows are marked in the list

export class Plan {
  counts = null;
  problem = null;
  busy = false;
  /** Ticket id → what the dry run found of it; tickets it found nothing of are not there. */
  findings = new Map();
  #id;
  #onChange;
  #abort = null;

  constructor(id, onChange) {
    this.#id = id;
    this.#onChange = onChange;
  }

  /** Changes whenever something else is to be shown. */
  get key() {
    return `${this.busy} ${this.counts?.made_at} ${this.findings.size} ${this.problem?.message}`;
  }

  /** Whether it is worth making without being asked for. */
  wanted(session) {
    return !["exporting", "completed"].includes(session.status) && !session.archived_at && session.total_tickets <= BY_ITSELF;
  }

  stop() {
    this.#abort?.abort();
    this.#abort = null;
  }

  /** Make it; a request before it that is still at work is given up, so the last one asked for is the one shown. */
  async make() {
    this.stop();
    const { signal } = (this.#abort = new AbortController());
    this.busy = true;
    this.problem = null;
    this.#onChange();
    try {
      const counts = await api.plan(this.#id, signal);
      const findings = new Map();
      while (findings.size < MARKED) {
        const page = await api.findings(this.#id, findings.size, PAGE, signal);
        for (const issue of page.issues) findings.set(issue.ticket_id, issue);
        if (!page.issues.length || findings.size >= page.total) break;
      }
      this.counts = counts;
      this.findings = findings;
    } catch (error) {
      if (error.name === "AbortError") return;
      this.problem = error;
    }
    this.busy = false;
    this.#onChange();
  }
}

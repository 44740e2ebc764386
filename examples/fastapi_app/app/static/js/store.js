// The one place in the page that knows how a session stands. Every view shows what is here, and nothing else.

/**
 * What the service told last of one session. Views subscribe; the feed writes.
 *
 * `update` is the newest `SessionUpdate`, null before the first; `connection` is "connecting", "live", "polling" or
 * "offline"; `gone` says that the session was deleted while it was shown; `failure` why it cannot be shown at all.
 */
export class SessionStore {
  update = null;
  connection = "connecting";
  gone = false;
  failure = null;
  #listeners = new Set();

  constructor(id) {
    this.id = id;
  }

  /** Call `listener(store, changed)` after each change; `changed` is the update that brought it, if one did. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Take an update, unless a newer one is here already; whether it was taken. */
  apply(update) {
    if (this.update && isOlder(update, this.update)) return false;
    this.update = update;
    this.gone = false;
    this.failure = null;
    this.#tell(update);
    return true;
  }

  connected(state) {
    if (state === this.connection) return;
    this.connection = state;
    this.#tell(null);
  }

  /** There is no such session; it was here a moment ago if `update` is there. */
  lost(error) {
    if (this.update) this.gone = true;
    else this.failure = error;
    this.#tell(null);
  }

  #tell(update) {
    for (const listener of [...this.#listeners]) listener(this, update);
  }
}

/** The audit trail's newest entry decides; what it does not tell of (a new name), the time at which it was read. */
function isOlder(update, known) {
  if (update.last_entry !== known.last_entry) return update.last_entry < known.last_entry;
  return Date.parse(update.at) < Date.parse(known.at);
}

// Follows an export: over the WebSocket, and by polling while that is down.

import { api, openProgress } from "./api.js";

const POLL_MS = 2100; // the service lets a session's status be asked for once in two seconds
const RECONNECT_MS = [1000, 2000, 4000, 8000, 15000];

/**
 * Calls `onMessage` with the messages of the WebSocket, wherever they come from, until the export has ended, and
 * `onConnection` with "live", "polling" or "offline".
 */
export class LiveProgress {
  #id;
  #onMessage;
  #onConnection;
  #socket = null;
  #pollTimer = null;
  #reconnectTimer = null;
  #attempts = 0;
  #ended = false;

  constructor(id, onMessage, onConnection) {
    this.#id = id;
    this.#onMessage = onMessage;
    this.#onConnection = onConnection;
    this.#connect();
  }

  stop() {
    this.#ended = true;
    clearTimeout(this.#pollTimer);
    clearTimeout(this.#reconnectTimer);
    this.#socket?.close();
  }

  #connect() {
    const socket = openProgress(this.#id);
    this.#socket = socket;
    socket.addEventListener("message", (event) => {
      if (this.#ended) return;
      this.#attempts = 0;
      clearTimeout(this.#pollTimer);
      this.#pollTimer = null;
      this.#onConnection("live");
      this.#tell(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (this.#ended) return;
      if (event.code === 4401) dispatchEvent(new Event("sign-in-needed"));
      const delay = RECONNECT_MS[Math.min(this.#attempts++, RECONNECT_MS.length - 1)];
      this.#reconnectTimer = setTimeout(() => this.#connect(), delay);
      if (this.#pollTimer === null) this.#poll();
    });
  }

  async #poll() {
    this.#pollTimer = 0;
    let delay = POLL_MS;
    try {
      const status = await api.status(this.#id);
      if (this.#ended || this.#pollTimer === null) return;
      this.#onConnection("polling");
      this.#tell(asMessage(status));
    } catch (error) {
      if (this.#ended || this.#pollTimer === null) return;
      if (error.status === 429) delay = (error.retryAfter ?? 2) * 1000;
      else this.#onConnection("offline");
    }
    if (!this.#ended) this.#pollTimer = setTimeout(() => this.#poll(), delay);
  }

  #tell(message) {
    if (message.type !== "export_progress") this.stop();
    this.#onMessage(message);
  }
}

/** A polled status as the message that the WebSocket would have sent. */
function asMessage(status) {
  if (status.status === "completed") {
    return {
      type: "export_complete",
      status: "completed",
      tickets_created: status.jira_tickets_created,
      dependencies_created: status.dependencies_created,
      manual_fixes_needed: status.manual_fixes_needed,
      total_processing_time_minutes: status.total_processing_time_minutes,
    };
  }
  if (status.status === "failed") {
    return {
      type: "export_failed",
      status: "failed",
      failed_at_ticket: status.failed_at_ticket_order,
      error_category: status.error_category,
      retry_available: status.retry_available,
      error_message: status.user_message,
    };
  }
  const title = status.current_ticket_title;
  const place = `ticket ${Math.min(status.tickets_completed + 1, status.total_tickets)} of ${status.total_tickets}`;
  return {
    type: "export_progress",
    status: status.status,
    progress_percentage: status.progress_percentage,
    current_stage: title ? `Creating ${place}: ${title}` : "Working",
    tickets_completed: status.tickets_completed,
    tickets_failed: 0,
    total_tickets: status.total_tickets,
    estimated_time_remaining_minutes: status.estimated_time_remaining_minutes,
  };
}

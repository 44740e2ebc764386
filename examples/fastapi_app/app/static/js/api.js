// Talks to the service. Addresses are relative to the page, so that it works below any path of a proxy.

import { connection } from "./connection.js";

const BASE = new URL(".", document.baseURI);
const TOKEN = "session-export-token";
const SUBPROTOCOL = "jira-session-export";
const GATEWAY = new Set([502, 503, 504]);

/** What the service answered instead of what was asked for. */
export class ApiError extends Error {
  constructor(status, body, retryAfter) {
    super(body?.user_message ?? describeMalformed(body) ?? `The service answered with status ${status}.`);
    this.status = status;
    this.code = body?.code ?? "unknown";
    this.category = body?.error_category ?? "admin_required";
    this.actions = body?.recovery_actions ?? [];
    this.body = body;
    this.retryAfter = retryAfter;
  }
}

function describeMalformed(body) {
  return body?.detail?.map?.((problem) => `${problem.loc.join(" › ")}: ${problem.msg}`).join("; ");
}

function unreachable() {
  return new ApiError(0, {
    code: "service_unreachable",
    error_category: "temporary",
    user_message: "The service cannot be reached.",
    recovery_actions: ["Check your connection; an export that runs goes on."],
  });
}

export const token = {
  get: () => sessionStorage.getItem(TOKEN),
  set: (value) => sessionStorage.setItem(TOKEN, value),
  clear: () => sessionStorage.removeItem(TOKEN),
};

async function ask(method, path, { json, form, signal } = {}) {
  const headers = {};
  if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
  if (json !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(new URL(path, BASE), {
      method,
      headers,
      body: form ?? (json === undefined ? undefined : JSON.stringify(json)),
      signal,
      credentials: "same-origin",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    connection.fails();
    throw unreachable();
  }
  if (answer.ok) {
    connection.works();
    return answer;
  }
  const body = await answer.json().catch(() => null);
  if (GATEWAY.has(answer.status) && body?.code === undefined) {
    // A proxy speaks, because the service does not.
    connection.fails();
    throw unreachable();
  }
  if (body?.code === "store_unavailable") connection.fails("The service's database does not answer.");
  else connection.works();
  if (answer.status === 401) dispatchEvent(new Event("sign-in-needed"));
  throw new ApiError(answer.status, body, Number(answer.headers.get("Retry-After")) || undefined);
}

async function call(method, path, options) {
  const answer = await ask(method, path, options);
  return answer.status === 204 ? null : answer.json();
}

/** `path` with the parameters that are set; a list is a parameter given several times. */
function withQuery(path, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== "" && each !== false) query.append(name, each);
    }
  }
  return query.size ? `${path}?${query}` : path;
}

export const api = {
  service: () => call("GET", "api/jira/service"),
  sessions: (parameters, signal) => call("GET", withQuery("api/jira/sessions", parameters), { signal }),
  load: (form) => call("POST", "api/jira/sessions", { form }),
  update: (id, after) => call("GET", withQuery(`api/jira/sessions/${id}/update`, { after })),
  remove: (id) => call("DELETE", `api/jira/sessions/${id}`),
  archive: (id) => call("POST", `api/jira/sessions/${id}/archive`),
  unarchive: (id) => call("POST", `api/jira/sessions/${id}/unarchive`),
  tickets: (id, parameters, signal) => call("GET", withQuery(`api/jira/sessions/${id}/tickets`, parameters), { signal }),
  ticket: (id, ticket, parameters, signal) =>
    call("GET", withQuery(`api/jira/sessions/${id}/tickets/${ticket}`, parameters), { signal }),
  start: (id, choice) => call("POST", `api/jira/export-session/${id}`, { json: choice ?? {} }),
  retry: (id, choice) => call("POST", `api/jira/retry-failed/${id}`, { json: choice ?? {} }),
  release: (id) => call("POST", `api/jira/release-session/${id}`),
  cancel: (id) => call("POST", `api/jira/cancel-export/${id}`),
  results: (id, parameters) => call("GET", withQuery(`api/jira/export-results/${id}`, parameters)),
  fixes: (id, parameters) => call("GET", withQuery(`api/jira/sessions/${id}/manual-fixes`, parameters)),
  markFix: (id, fix, done) => call("PUT", `api/jira/sessions/${id}/manual-fixes/${fix}`, { json: { done } }),
  plan: (id, signal) => call("POST", withQuery(`api/jira/dry-run/${id}`, { limit: 1, payload: "false" }), { json: {}, signal }),
  findings: (id, offset, limit, signal) =>
    call("GET", withQuery(`api/jira/dry-run/${id}`, { findings: "true", offset: String(offset), limit }), { signal }),
  testConversion: (id) =>
    call("POST", withQuery(`api/jira/test-adf-conversion/${id}`, { failed_only: "true" }), { json: { ticket_ids: [] } }),
  validate: (request) => call("POST", "api/jira/validate-project", { json: request }),
  audit: (id, after) => call("GET", `api/jira/audit-trail/${id}?limit=1000&after=${after}`),
};

/** All results as a file: "csv" or "markdown". */
export async function resultsFile(id, format) {
  const answer = await ask("GET", withQuery(`api/jira/export-results/${id}/file`, { format }));
  return answer.blob();
}

/** A WebSocket for the session's updates, with the token where a browser can put it. */
export function openUpdates(id) {
  const address = new URL(`api/jira/session-updates/${id}`, BASE);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const protocols = [SUBPROTOCOL];
  if (token.get()) protocols.push(`${SUBPROTOCOL}.bearer.${base64url(token.get())}`);
  return new WebSocket(address, protocols);
}

function base64url(text) {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

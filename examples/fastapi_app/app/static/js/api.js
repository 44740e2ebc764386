// Talks to the service. Addresses are relative to the page, so that it works below any path of a proxy.

const BASE = new URL(".", document.baseURI);
const TOKEN = "session-export-token";
const SUBPROTOCOL = "jira-session-export";

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

export const token = {
  get: () => sessionStorage.getItem(TOKEN),
  set: (value) => sessionStorage.setItem(TOKEN, value),
  clear: () => sessionStorage.removeItem(TOKEN),
};

async function call(method, path, { json, form, signal } = {}) {
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
    throw new ApiError(0, {
      code: "service_unreachable",
      error_category: "temporary",
      user_message: "The service cannot be reached.",
      recovery_actions: ["Check your connection; the export itself goes on."],
    });
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok) return body;
  if (answer.status === 401) dispatchEvent(new Event("sign-in-needed"));
  throw new ApiError(answer.status, body, Number(answer.headers.get("Retry-After")) || undefined);
}

export const api = {
  service: () => call("GET", "api/jira/service"),
  sessions: () => call("GET", "api/jira/sessions"),
  session: (id) => call("GET", `api/jira/sessions/${id}`),
  ticket: (id, ticket, signal) => call("GET", `api/jira/sessions/${id}/tickets/${ticket}`, { signal }),
  load: (form) => call("POST", "api/jira/sessions", { form }),
  start: (id) => call("POST", `api/jira/export-session/${id}`, { json: {} }),
  retry: (id) => call("POST", `api/jira/retry-failed/${id}`, { json: {} }),
  cancel: (id) => call("POST", `api/jira/cancel-export/${id}`),
  status: (id) => call("GET", `api/jira/export-status/${id}`),
  results: (id) => call("GET", `api/jira/export-results/${id}`),
  plan: (id) => call("POST", `api/jira/dry-run/${id}`),
  testConversion: (id) => call("POST", `api/jira/test-adf-conversion/${id}`, { json: { ticket_ids: [] } }),
  validate: (request) => call("POST", "api/jira/validate-project", { json: request }),
  audit: (id, after) => call("GET", `api/jira/audit-trail/${id}?limit=200&after=${after}`),
};

/** A WebSocket for the session's progress, with the token where a browser can put it. */
export function openProgress(id) {
  const address = new URL(`api/jira/export/progress/${id}`, BASE);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const protocols = [SUBPROTOCOL];
  if (token.get()) protocols.push(`${SUBPROTOCOL}.bearer.${base64url(token.get())}`);
  return new WebSocket(address, protocols);
}

function base64url(text) {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

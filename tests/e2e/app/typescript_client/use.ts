// How a caller uses the generated client: names, arguments and answers must be what the endpoints promise.

import { client } from "./client/client.gen";
import { exportResults, exportStatus, listTickets, loadSession, readUpdate, retryExport, startExport } from "./client/sdk.gen";

client.setConfig({ baseUrl: "http://127.0.0.1:8000", auth: "token" });

export async function load(file: File): Promise<string> {
  const loaded = await loadSession({ body: { file, project_key: "DEMO" }, throwOnError: true });
  return loaded.data.session_id;
}

export async function begin(session_id: string, only: string[]): Promise<string> {
  const started = await startExport({ path: { session_id }, body: { only } });
  if (started.error) return "user_message" in started.error ? started.error.user_message : "malformed";
  const status = await exportStatus({ path: { session_id }, throwOnError: true });
  switch (status.data.status) {
    case "completed":
      return `${status.data.jira_tickets_created} issues`;
    case "failed":
      return status.data.recovery_actions.join(" ");
    default:
      return `${status.data.progress_percentage} %`;
  }
}

export async function again(session_id: string): Promise<string[]> {
  const retried = await retryExport({ path: { session_id }, throwOnError: true });
  const left: number = retried.data.remaining_retries;
  const results = await exportResults({ path: { session_id }, throwOnError: true });
  return left ? results.data.jira_tickets.map((ticket) => ticket.jira_url) : [];
}

export async function look(session_id: string): Promise<string> {
  const update = await readUpdate({ path: { session_id }, query: { after: 3 }, throwOnError: true });
  const page = await listTickets({ path: { session_id }, query: { q: "order", status: ["pending"] }, throwOnError: true });
  return `${update.data.status}: ${page.data.tickets.map((ticket) => ticket.title).join(", ")}`;
}

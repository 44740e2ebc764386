// Words for people: states, times, numbers.

export const SESSION_STATES = {
  ready: { text: "Ready", tone: "" },
  exporting: { text: "Exporting", tone: "accent pulse" },
  completed: { text: "Completed", tone: "good" },
  export_failed: { text: "Failed", tone: "bad" },
  cancelled: { text: "Cancelled", tone: "warn" },
};

export const TICKET_STATES = {
  pending: { text: "Not exported yet", icon: "circle" },
  exported: { text: "Exported", icon: "done" },
  failed: { text: "Failed", icon: "alert" },
  skipped: { text: "Left out", icon: "skip" },
};

export const CATEGORIES = {
  user_fixable: { text: "You can fix this", tone: "warn" },
  admin_required: { text: "Needs an administrator", tone: "bad" },
  temporary: { text: "Temporary", tone: "accent" },
};

export const FIX_KINDS = {
  assignee_invalid: "Assignee",
  sprint_not_found: "Sprint",
  priority_not_available: "Priority",
  field_not_on_screen: "Field not on screen",
  field_value_rejected: "Field refused",
  description_shortened: "Description shortened",
  content_left_out: "Content",
  attachment_failed: "Attachment",
  link_failed: "Link",
  duplicate_issue: "Duplicate issue",
  changed_by_jira: "Changed by Jira",
};

const AUDIT_KINDS = {
  run_started: "Export started",
  run_resumed: "Taken up by a worker",
  intent_recorded: "About to create the issue",
  create_refused: "No issue was made",
  issue_recorded: "Issue created",
  step_recorded: "Step done",
  orphan_found: "Second issue found",
  run_completed: "Export completed",
  run_failed: "Export failed",
  cancel_requested: "Cancellation asked for",
  run_cancelled: "Export cancelled",
  run_released: "Handed to the workers",
  run_waiting: "Waiting, as Jira asked",
  fix_marked: "Manual fix marked",
  session_archived: "Session archived",
  session_unarchived: "Session taken out of the archive",
  session_deleted: "Session deleted",
  session_released: "Released for more retries",
  issue_deleted: "Issue deleted",
  cleanup_started: "Clean-up started",
  cleanup_ended: "Clean-up ended",
};

export const words = (name) => {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export const auditText = (kind) => AUDIT_KINDS[kind] ?? words(kind);

export const plural = (number, one, many = `${one}s`) => `${number.toLocaleString()} ${number === 1 ? one : many}`;

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const clockTime = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const exactTime = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** "today, 14:05" or a date. */
export function when(iso) {
  const date = new Date(iso);
  return date.toDateString() === new Date().toDateString() ? `today, ${time.format(date)}` : dateTime.format(date);
}

export function exactly(iso) {
  const date = new Date(iso);
  return (date.toDateString() === new Date().toDateString() ? exactTime : exact).format(date);
}

/** "14:05:12". */
export const clock = (date) => clockTime.format(date);

export const minutes = (value) => (value < 1 ? plural(Math.round(value * 60), "second") : plural(value, "minute"));

/** 95 seconds as "1 min 35 s". */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

/** 3,200,000 as "3.2 MB". */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString()} ${unit}`;
}

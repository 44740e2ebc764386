// One ticket: what it says, how Jira will show it, what gets lost on the way, and what was done for its issue.

import { h, icon } from "./dom.js";
import { plural, TICKET_STATES, words } from "./format.js";

export function ticketDetail(view, ticket, planned, { images, showImages }) {
  const look = ticket.failed ? "failed" : ticket.status;
  const state = TICKET_STATES[look] ?? TICKET_STATES.pending;
  const tone = { exported: "good", failed: "bad" }[look] ?? "";
  return [
    h(
      "header",
      {},
      h("a.breadcrumb.back", { href: view.href("tickets") }, "← All tickets"),
      h("h2", {}, ticket.title),
      h(
        "p.meta",
        {},
        h("span.lozenge", { class: tone }, state.text),
        ticket.jira_key && h("a.key", { href: ticket.jira_url, target: "_blank", rel: "noopener" }, ticket.jira_key),
        h("span", {}, ticket.issue_type),
        h("span", {}, `Ticket ${ticket.order.toLocaleString()}`),
      ),
      changed(ticket),
      fields(ticket),
    ),
    h(
      "div.compare",
      {},
      h(
        "section",
        { "aria-label": "Source" },
        h("div.pane-head", {}, "Source", h("span", {}, { html: "HTML", markdown: "Markdown", none: "" }[ticket.source_format])),
        ticket.source ? h("pre.source", { tabIndex: 0, role: "region", "aria-label": "Source of the description" }, ticket.source) : h("p.card-pad.muted.small", {}, "No description."),
      ),
      h(
        "section",
        { "aria-label": "In Jira" },
        h(
          "div.pane-head",
          {},
          "In Jira",
          !images && ticket.external_images > 0 &&
            h("button.button.small.quiet", { type: "button", onclick: showImages }, `Load ${plural(ticket.external_images, "image")} from elsewhere`),
          ticket.losses.length > 0 && h("span.lozenge.warn", {}, plural(ticket.losses.length, "loss", "losses")),
        ),
        ticket.preview_html === null ? h("div.card-pad", {}, h("p.notice.bad", {}, ticket.problem)) : preview(ticket),
      ),
    ),
    planned?.error_message && !ticket.jira_key && findings("Cannot be sent", [h("li.bad", {}, planned.error_message)]),
    ticket.manual_fixes.length > 0 &&
      findings(
        "To fix by hand in Jira",
        ticket.manual_fixes.map((fix) =>
          h("li", {}, `${words(fix.field)}: ${fix.recommended_action}`, h("span.path", {}, `Asked for ${fix.asked_for}; ${fix.done_instead}.`)),
        ),
      ),
    !ticket.jira_key &&
      planned?.manual_fixes.length > 0 &&
      findings("Expected fallbacks", planned.manual_fixes.map((fix) => h("li", {}, fix))),
    ticket.losses.length > 0 &&
      findings(
        "What Jira cannot show as it was",
        ticket.losses.map((loss) =>
          h("li", {}, `${words(loss.kind)}: ${loss.detail}`, h("span.path", {}, [loss.excerpt, loss.path].filter(Boolean).join(" · "))),
        ),
      ),
    ticket.steps.length > 0 &&
      findings(
        "Done for the issue",
        ticket.steps.map((step) => h("li", { class: step.done ? "done" : "" }, `${words(step.kind)}: ${step.target}${step.done ? "" : " (given up)"}`)),
      ),
  ];
}

/** What has become of the ticket since its issue was made. */
function changed(ticket) {
  if (ticket.change === "edited") {
    const what = ticket.edited_fields?.length ? ` (${ticket.edited_fields.map((name) => words(name).toLowerCase()).join(", ")})` : "";
    return h("p.notice.warn.below", {}, icon("alert"), h("span", {}, `Edited since it was exported${what}. The issue in Jira is as it was; change it there.`));
  }
  if (ticket.change === "removed") {
    return h("p.notice.warn.below", {}, icon("alert"), h("span", {}, "No longer in the batch file. Its issue in Jira is still there."));
  }
  return null;
}

function findings(title, items) {
  return h("section.findings", {}, h("h3", {}, title), h("ul", {}, items));
}

function fields(ticket) {
  const names = new Map((ticket.related ?? []).map((other) => [other.ticket_id, `${other.order} · ${other.title}`]));
  const entries = Object.entries(ticket.fields).map(([name, value]) => [words(name), shown(value, names)]);
  if (ticket.depends_on.length) entries.push(["Depends on", ticket.depends_on.map((id) => names.get(id) ?? id).join(", ")]);
  if (ticket.attachments.length) entries.push(["Attachments", ticket.attachments.join(", ")]);
  if (!entries.length) return null;
  return h("dl.fields", {}, entries.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function shown(value, names) {
  if (Array.isArray(value)) return value.map((item) => shown(item, names)).join(", ");
  if (value !== null && typeof value === "object") {
    return Object.entries(value)
      .map(([name, item]) => `${name} ${shown(item, names)}`)
      .join(" ");
  }
  return names.get(value) ?? String(value);
}

/** The preview in a frame without scripts, forms or a way out; our origin only so that it can be fitted and themed. */
function preview(ticket) {
  const frame = h("iframe", {
    title: `Preview of ${ticket.title}`,
    sandbox: "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
    referrerpolicy: "no-referrer",
    srcdoc: ticket.preview_html,
  });
  const root = document.documentElement;
  const follow = new MutationObserver(() => {
    if (!frame.isConnected) follow.disconnect();
    else theme(frame.contentDocument);
  });
  frame.addEventListener("load", () => {
    const page = frame.contentDocument;
    theme(page);
    for (const link of page.querySelectorAll("a[href]")) {
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    }
    const fit = () => {
      frame.style.height = `${Math.min(Math.max(page.documentElement.offsetHeight, 120), 1600)}px`;
    };
    fit();
    new ResizeObserver(fit).observe(page.documentElement);
    follow.observe(root, { attributeFilter: ["data-theme"] });
  });
  return h("div.paper", {}, frame);
}

/** The preview's style sheet knows a dark mode by the attribute that Atlassian's own pages use. */
function theme(page) {
  if (page) page.documentElement.dataset.colorMode = document.documentElement.dataset.theme;
}

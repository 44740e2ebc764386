// How an error looks, wherever it turns up.

import { h } from "./dom.js";
import { plural } from "./format.js";

const SHOWN = 50;

/** What went wrong and what to do, inside a view; the problems of a batch file one by one, with their places. */
export function problemNotice(error) {
  const { problems, problem_count: count, path } = error.body ?? {};
  if (problems?.length) return batchProblems(problems, count ?? problems.length, path);
  const [title, ...lines] = error.message.split("\n").map((line) => line.replace(/^\s*-\s*/, "").trim());
  return h(
    "div.notice.bad",
    { role: "alert" },
    h(
      "div",
      {},
      h("strong", {}, title),
      lines.length > 0 && h("ul", {}, lines.map((line) => h("li", {}, line))),
      error.actions?.length > 0 && h("ul", {}, error.actions.map((action) => h("li", {}, action))),
    ),
  );
}

function batchProblems(problems, count, path) {
  return h(
    "div.problems",
    { role: "alert" },
    h("p.notice.bad", {}, h("strong", {}, `${path ? `${path}: ` : ""}${plural(count, "problem")} to put right before it can be loaded`)),
    h(
      "div.problem-table",
      { tabIndex: 0, role: "region", "aria-label": "Problems" },
      h(
        "table.plain",
        {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Where"), h("th", { scope: "col" }, "Problem"), h("th", { scope: "col" }, "What to do"))),
        h(
          "tbody",
          {},
          problems.slice(0, SHOWN).map(({ where, problem, action }) =>
            h("tr", {}, h("td", {}, where || "The file"), h("td", {}, problem), h("td", {}, action)),
          ),
        ),
      ),
    ),
    count > Math.min(problems.length, SHOWN) && h("p.muted.small", {}, `and ${(count - Math.min(problems.length, SHOWN)).toLocaleString()} more`),
  );
}

/** What went wrong instead of a whole view. */
export function problemView(error, again) {
  const unknown = error.status === 404;
  return h(
    "div.page",
    {},
    h(
      "div.card.empty",
      {},
      h("h1", {}, unknown ? "There is no such session" : "This did not work"),
      h(
        "p",
        {},
        unknown
          ? "The address may be mistyped or out of date: the session was deleted, or it belongs to somebody else."
          : [error.message, ...(error.actions ?? [])].join(" "),
      ),
      h(
        "div.empty-actions",
        {},
        !unknown && h("button.button.primary", { type: "button", onclick: again }, "Try again"),
        h("a.button", { href: "#/", class: unknown ? "primary" : "" }, "All sessions"),
      ),
    ),
  );
}

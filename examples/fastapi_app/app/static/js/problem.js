// How an error looks, wherever it turns up.

import { h } from "./dom.js";

/** What went wrong and what to do, inside a view. */
export function problemNotice(error) {
  return h(
    "div.notice.bad",
    { role: "alert" },
    h(
      "div",
      {},
      h("strong", {}, error.message),
      error.actions?.length > 0 && h("ul", {}, error.actions.map((action) => h("li", {}, action))),
    ),
  );
}

/** What went wrong instead of a whole view. */
export function problemView(error, again) {
  return h(
    "div.page",
    {},
    h(
      "div.card.empty",
      {},
      h("h1", {}, error.status === 404 ? "There is no such session" : "This did not work"),
      h("p", {}, [error.message, ...(error.actions ?? [])].join(" ")),
      h(
        "div",
        {},
        h("button.button.primary", { type: "button", onclick: again }, "Try again"),
        " ",
        h("a.button", { href: "#/" }, "All sessions"),
      ),
    ),
  );
}

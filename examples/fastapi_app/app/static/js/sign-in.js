// Asks for the token of this service.

import { token } from "./api.js";
import { h } from "./dom.js";

/** Resolves once there is a token to try. */
export function askForToken(wasWrong) {
  return new Promise((resolve) => {
    const input = h("input.input", {
      id: "token",
      type: "password",
      autocomplete: "current-password",
      required: true,
      "aria-describedby": "token-hint",
    });
    const dialog = h(
      "dialog",
      { "aria-labelledby": "sign-in-title", oncancel: (event) => event.preventDefault() },
      h(
        "form.dialog-body",
        {
          onsubmit: (event) => {
            event.preventDefault();
            token.set(input.value.trim());
            dialog.remove();
            resolve();
          },
        },
        h("h2", { id: "sign-in-title" }, "Sign in"),
        wasWrong && h("p.notice.bad", { role: "alert" }, "That token is not known here."),
        h(
          "div.field",
          {},
          h("label", { for: "token" }, "Access token"),
          input,
          h("p.hint", { id: "token-hint" }, "It is kept until you close this tab."),
        ),
        h("div.dialog-actions", {}, h("button.button.primary", { type: "submit" }, "Sign in")),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

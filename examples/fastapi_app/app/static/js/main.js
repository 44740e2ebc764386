// The frame of the page: which view is shown, signing in, the theme.

import { api, token } from "./api.js";
import { fill, h, icon } from "./dom.js";
import { askForToken } from "./sign-in.js";
import { problemView } from "./problem.js";
import { SessionView } from "./session.js";
import { SessionsView } from "./sessions.js";

const main = document.getElementById("main");
let view = null;
let service = null;
let signingIn = false;

/** `#/` lists sessions; `#/<session>/<tab>/<ticket>` shows one. */
function route() {
  const [id, tab, ticket] = location.hash.replace(/^#\/?/, "").split("/");
  return { id: id || null, tab: tab || "tickets", ticket: ticket || null };
}

async function show() {
  const target = route();
  if (view?.accepts(target)) {
    view.go(target);
    return;
  }
  view?.leave();
  view = target.id ? new SessionView(target, service) : new SessionsView(service);
  fill(main, view.element);
  document.title = "Session export";
  try {
    await view.open();
  } catch (error) {
    if (error.status !== 401) fill(main, problemView(error, () => restart()));
  }
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

async function restart() {
  view?.leave();
  view = null;
  try {
    service ??= await api.service();
  } catch (error) {
    if (error.status !== 401) fill(main, problemView(error, () => restart()));
    return;
  }
  renderTopbar();
  await show();
}

function renderTopbar() {
  const dark = document.documentElement.dataset.theme === "dark";
  fill(
    document.getElementById("topbar-end"),
    service?.demo &&
      h(
        "a.lozenge.warn",
        { href: service.jira_url, target: "_blank", rel: "noopener", title: "Issues go to a local Jira, not to a real one" },
        "Demo mode",
      ),
    h(
      "button.button.quiet.icon",
      {
        type: "button",
        "aria-label": dark ? "Use the light theme" : "Use the dark theme",
        onclick: () => {
          localStorage.setItem("theme", dark ? "light" : "dark");
          document.documentElement.dataset.theme = dark ? "light" : "dark";
          renderTopbar();
          document.querySelector("#topbar-end button").focus();
        },
      },
      icon(dark ? "sun" : "moon"),
    ),
    token.get() &&
      h(
        "button.button.quiet.small",
        {
          type: "button",
          onclick: () => {
            token.clear();
            location.reload();
          },
        },
        service?.caller ? `Sign out ${service.caller}` : "Sign out",
      ),
  );
}

addEventListener("hashchange", show);
addEventListener("sign-in-needed", async () => {
  if (signingIn) return;
  signingIn = true;
  await askForToken(Boolean(token.get()));
  signingIn = false;
  service = null;
  await restart();
});

renderTopbar();
restart();

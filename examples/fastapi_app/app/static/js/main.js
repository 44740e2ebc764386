// The frame of the page: which view is shown, signing in, the theme.

import { api, token } from "./api.js";
import { fill, h, icon } from "./dom.js";
import { askForToken } from "./sign-in.js";
import { problemView } from "./problem.js";
import { SessionView } from "./session.js";
import { SessionsView } from "./sessions.js";

const SESSION_ID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const AGAIN_MS = 3000;

const main = document.getElementById("main");
let view = null;
let service = null;
let signingIn = false;
let waiting = null;

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
  document.title = "Session export";
  if (target.id && !SESSION_ID.test(target.id)) {
    view = null;
    fill(main, problemView({ status: 404 }));
    main.focus({ preventScroll: true });
    return;
  }
  const opened = target.id ? new SessionView(target, service) : new SessionsView();
  view = opened;
  fill(main, view.element);
  scrollTo(0, 0);
  try {
    await opened.open();
  } catch (error) {
    if (error.status !== 401 && view === opened) fail(error);
  }
  main.focus({ preventScroll: true });
}

/** Show why there is nothing to show; while the service is away, try again until it is back. */
function fail(error) {
  view?.leave();
  view = null;
  fill(main, problemView(error, () => restart()));
  clearTimeout(waiting);
  if (error.status === 0 || error.status === 503) waiting = setTimeout(() => restart(), AGAIN_MS);
}

async function restart() {
  clearTimeout(waiting);
  view?.leave();
  view = null;
  try {
    service ??= await api.service();
  } catch (error) {
    if (error.status !== 401) fail(error);
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

addEventListener("hashchange", () => (service ? show() : restart()));
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

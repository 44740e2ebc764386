// Checks the Jira project before anything is sent.

import { api } from "./api.js";
import { busy, fill, h, icon } from "./dom.js";
import { problemNotice } from "./problem.js";

const REQUIREMENTS = [
  ["requires_sprint_assignment", "Every ticket must get a sprint"],
  ["requires_assignee", "Every ticket must get an assignee"],
  ["requires_priority_levels", "Priorities must be settable"],
];

export class ProjectTab {
  #view;
  #answer = h("div", { "aria-live": "polite" });
  #boxes = new Map(REQUIREMENTS.map(([name]) => [name, h("input", { type: "checkbox" })]));
  #button = h("button.button.primary", { type: "submit" }, "Check project");

  constructor(view) {
    this.#view = view;
    this.element = h(
      "div.stack",
      {},
      h(
        "form.card.card-pad.stack",
        {
          onsubmit: (event) => {
            event.preventDefault();
            this.#check();
          },
        },
        h("div.section-head", {}, h("h2", {}, `Project ${view.session.project_key}`), this.#button),
        h("p.muted", {}, "Asks Jira whether this account may create the issues, and what the project offers. Nothing is changed."),
        h("div.stack", {}, REQUIREMENTS.map(([name, label]) => h("label.check", {}, this.#boxes.get(name), label))),
      ),
      this.#answer,
    );
    this.#check();
  }

  async #check() {
    const requirements = Object.fromEntries([...this.#boxes].map(([name, box]) => [name, box.checked]));
    try {
      const request = { project_key: this.#view.session.project_key, user_requirements: requirements };
      fill(this.#answer, answer(await busy(this.#button, () => api.validate(request))));
    } catch (error) {
      fill(this.#answer, problemNotice(error));
    }
  }
}

function answer(project) {
  const valid = project.validation_status === "valid";
  return h(
    "div.card.card-pad.stack",
    {},
    h("div.section-head", {}, h("h2", {}, project.project_name || project.project_key), h("span.lozenge", { class: valid ? "good" : "bad" }, valid ? "Ready for export" : "Cannot be exported to")),
    project.blocking_issues.map((issue) => h("p.notice.bad", {}, issue)),
    project.validation_warnings.map((warning) => h("p.notice.warn", {}, `${warning.message} ${warning.recommended_action}`)),
    h("ul.yes-no", {}, yesNo(project.can_view_project, "The account can see the project"), yesNo(project.can_create_tasks, "The account can create issues")),
    h(
      "div.project-grid",
      {},
      group("Sprints", project.available_sprints.map((sprint) => chip(sprint.name, sprint.state === "active" ? "active" : ""))),
      group("People", project.team_members.map((member) => chip(member.name, "", member.email))),
      group("Priorities", project.priority_levels.map((priority) => chip(priority.name, priority.is_default ? "default" : ""))),
    ),
  );
}

function yesNo(yes, text) {
  return h("li", { class: yes ? "yes" : "no" }, icon(yes ? "check" : "cross"), h("span.visually-hidden", {}, yes ? "Yes: " : "No: "), text);
}

function group(title, items) {
  return h("section", {}, h("h3", {}, title), items.length ? h("ul.people", {}, items) : h("p.muted.small", {}, "None"));
}

function chip(text, note, title = null) {
  return h("li.lozenge", { title, class: note ? "accent" : "" }, note ? `${text} · ${note}` : text);
}

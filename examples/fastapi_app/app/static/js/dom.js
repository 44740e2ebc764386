// Builds elements. Text always goes in as text: nothing of a ticket is ever read as HTML in this document.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("a.button", {href, onclick}, "text", child, [children])`; null and false children are left out. */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = `${element.className} ${value}`.trim();
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child);
  }
}

/** Put `children` in the place of what is there. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

const ICONS = {
  check: ["M5 12.5l4.5 4.5L19 7.5"],
  circle: ["M12 4a8 8 0 100 16 8 8 0 000-16z"],
  done: ["M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17z", "M8.5 12.2l2.5 2.5 4.7-5"],
  alert: ["M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17z", "M12 8v4.6", "M12 15.8v.1"],
  skip: ["M12 4a8 8 0 100 16 8 8 0 000-16z", "M8 12h8"],
  cross: ["M7 7l10 10M17 7L7 17"],
  moon: ["M19.5 14.5A8 8 0 019.5 4.500a8 8 0 1010 10z"],
  sun: ["M12 8a4 4 0 100 8 4 4 0 000-8z", "M12 2.5v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400"],
  copy: ["M9 9h10v11H9z", "M15 9V4H5v11h4"],
  download: ["M12 4v11", "M7.500 11l4.500 4.500 4.500-4.500", "M5 20h14"],
  upload: ["M12 16V5", "M7.500 9L12 4.500 16.500 9", "M5 20h14"],
  trash: ["M5 7h14", "M9.500 7V4.500h5V7", "M7 7l.8 12.500h8.400L17 7", "M10.500 10.500v5.500M13.500 10.500v5.500"],
  play: ["M8 5.500v13l10.500-6.500z"],
  retry: ["M19.500 12a7.500 7.500 0 11-2.400-5.500", "M19.500 3.500v4h-4"],
};

/** A small line drawing; decoration, so screen readers pass it by. */
export function icon(name, className = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `stroke ${className}`);
  for (const d of ICONS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** Say something in passing. */
export function toast(text) {
  const note = h("div.toast", {}, text);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), 4000);
}

/** Run `work` while `button` shows that it is busy; errors are the caller's. */
export async function busy(button, work) {
  button.disabled = true;
  button.classList.add("busy");
  try {
    return await work();
  } finally {
    button.disabled = false;
    button.classList.remove("busy");
  }
}

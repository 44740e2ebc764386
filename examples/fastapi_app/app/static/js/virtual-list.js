// A list of any length of which only the rows in view exist. All rows have the same height.

import { h } from "./dom.js";

const BEYOND = 8; // rows kept above and below what is in view

export class VirtualList {
  #rowHeight;
  #build;
  #onRange;
  #total = 0;
  #rows = new Map();
  #frame = 0;
  #list = h("ul.virtual-rows");

  /**
   * `build(index, li)` fills the row of an index; `onRange(first, end)` says which rows are needed; `label` names the
   * list.
   */
  constructor({ rowHeight, build, onRange, label }) {
    this.#rowHeight = rowHeight;
    this.#build = build;
    this.#onRange = onRange;
    this.#list.setAttribute("aria-label", label);
    this.element = h("div.virtual", { onscroll: () => this.#later(), onkeydown: (event) => this.#onKey(event) }, this.#list);
    new ResizeObserver(() => this.#later()).observe(this.element);
  }

  get total() {
    return this.#total;
  }

  setTotal(total) {
    this.#total = total;
    this.#list.style.height = `${total * this.#rowHeight}px`;
    this.refresh();
  }

  /** Build the rows in view again. */
  refresh() {
    const { first, end } = this.#inView();
    for (const [index, row] of this.#rows) {
      const hasFocus = row.contains(document.activeElement);
      if (index >= this.#total || ((index < first || index >= end) && !hasFocus)) {
        row.remove();
        this.#rows.delete(index);
      }
    }
    for (let index = first; index < end; index += 1) this.#fill(index, this.#rows.get(index) ?? this.#insert(index));
    this.#onRange(first, end);
  }

  /** Scroll so that the row is in view. */
  reveal(index) {
    const top = index * this.#rowHeight;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.#rowHeight > scrollTop + clientHeight) this.element.scrollTop = top + this.#rowHeight - clientHeight;
  }

  toTop() {
    this.element.scrollTop = 0;
  }

  focus(index) {
    this.reveal(index);
    this.refresh();
    this.#rows.get(index)?.querySelector("a")?.focus({ preventScroll: true });
  }

  #inView() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.#rowHeight) - BEYOND);
    const end = Math.min(this.#total, Math.ceil((scrollTop + clientHeight) / this.#rowHeight) + BEYOND);
    return { first: Math.min(first, end), end };
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.refresh();
    });
  }

  #insert(index) {
    const row = h("li", { "aria-posinset": String(index + 1) });
    row.style.transform = `translateY(${index * this.#rowHeight}px)`;
    row.dataset.index = index;
    this.#rows.set(index, row);
    // Tab and screen readers follow the order of the document.
    let after = null;
    for (const other of this.#list.children) {
      if (Number(other.dataset.index) > index) {
        after = other;
        break;
      }
    }
    this.#list.insertBefore(row, after);
    return row;
  }

  #fill(index, row) {
    row.setAttribute("aria-setsize", String(this.#total));
    this.#build(index, row);
  }

  #onKey(event) {
    const row = document.activeElement?.closest?.("[data-index]");
    if (!row || !this.element.contains(row)) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#rowHeight) - 1);
    const at = Number(row.dataset.index);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: this.#total - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.focus(Math.min(Math.max(to, 0), this.#total - 1));
  }
}

// Says when the service does not answer, and since when what is shown may be out of date.

import { fill, h } from "./dom.js";
import { clock } from "./format.js";

const PATIENCE_MS = 1500; // a request that fails alone, while the next one works, is not worth a banner

class Connection {
  #lastKnown = new Date();
  #timer = null;
  #shown = false;

  /** The service has answered. */
  works() {
    this.#lastKnown = new Date();
    clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#shown) return;
    this.#shown = false;
    const banner = document.getElementById("banner");
    banner.hidden = true;
    fill(banner);
  }

  /** A request found nobody. */
  fails(reason = "No connection to the service.") {
    if (this.#shown || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#shown = true;
      const banner = document.getElementById("banner");
      banner.hidden = false;
      fill(
        banner,
        h("p", {}, h("strong", {}, reason), ` Last known state of ${clock(this.#lastKnown)}, trying again. What runs on the server goes on.`),
      );
    }, PATIENCE_MS);
  }
}

export const connection = new Connection();

// Shows the OpenAPI document with Swagger UI; requests tried there carry the token of this tab.

import { token } from "./api.js";

const root = document.documentElement;
// Swagger UI looks for its own class.
root.classList.toggle("dark-mode", root.dataset.theme === "dark");
new MutationObserver(() => root.classList.toggle("dark-mode", root.dataset.theme === "dark")).observe(root, { attributeFilter: ["data-theme"] });

window.SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#docs",
  deepLinking: true,
  displayOperationId: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // or the document's address would be sent to another site
  requestInterceptor: (request) => {
    if (token.get() && !request.headers.Authorization) request.headers.Authorization = `Bearer ${token.get()}`;
    return request;
  },
});

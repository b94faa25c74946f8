/** The document of this page. Without it, the page shows Bellwire's own APIs. */
const specification = document.querySelector("#specification");
const csrfToken = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** Requests without a response yet. */
let pending = 0;

/** Adds the CSRF token, which requests that change data need in addition to the session's cookie. */
async function fetchAsUser(input, init = {}) {
  const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : undefined));
  const { origin } = new URL(input instanceof Request ? input.url : input, location.href);
  if (origin === location.origin) headers.set("x-csrf-token", csrfToken);
  pending += 1;
  try {
    return await fetch(input, { ...init, headers });
  } finally {
    pending -= 1;
    showWhenQuiet();
  }
}

// Not `api-reference`: Scalar would start by itself, with its defaults.
const element = document.querySelector("#api-docs");
const quietMs = 250;
const nothingMs = 20_000;
const whenIdle = window.requestIdleCallback ?? setTimeout;
let quiet;
let changes = 0;

/**
 * Shows the page once its parts have arrived. They come one after another and would move each other. On a busy machine the
 * time passes while parts still wait for this thread or for a response.
 */
function showWhenQuiet() {
  changes += 1;
  const seen = changes;
  const show = () => {
    if (seen === changes && pending === 0 && element.childElementCount > 0) element.classList.add("complete");
  };
  clearTimeout(quiet);
  quiet = setTimeout(() => whenIdle(show), quietMs);
}

/** Corrects Scalar's inputs: the role of those that claim to open a list and have none, and a hint that looks like a token. */
function correctInputs() {
  for (const input of element.querySelectorAll('[role="combobox"]:not([aria-expanded])')) input.role = "textbox";
  for (const input of element.querySelectorAll("input.scalar-password-input")) input.placeholder = "Your token or key";
}

new MutationObserver(() => {
  correctInputs();
  if (element.childElementCount > 0 && !element.classList.contains("complete")) showWhenQuiet();
}).observe(element, { childList: true, subtree: true });

/** Without Scalar's script, or with a document that Scalar cannot show, the page would say for ever that it loads. */
function showThatNothingLoads() {
  document.querySelector(".loading").textContent =
    "The API documentation could not be loaded. Check your connection, and reload this page.";
}

const ownApis = {
  sources: [
    { title: "Account Management API", slug: "account-management", url: "/admin/api/openapi.json", default: true },
    { title: "Bellwire API", slug: "bellwire", url: "/api/v1/openapi.json" },
  ],
  customFetch: fetchAsUser,
  baseServerURL: location.origin,
};

const configuration = {
  ...(specification ? { content: specification.textContent } : ownApis),
  // Contact no other server.
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  documentDownloadType: "json",
  persistAuth: false,
};

if (window.Scalar) window.Scalar.createApiReference("#api-docs", configuration);
else showThatNothingLoads();
setTimeout(() => element.childElementCount === 0 && showThatNothingLoads(), nothingMs);

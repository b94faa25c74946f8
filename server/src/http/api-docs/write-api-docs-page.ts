import { escapeHtml } from "./escape-html.ts";

interface ApiDocsPage {
  readonly username: string;
  readonly csrfToken: string;
  /** Names of files to their paths. */
  readonly assets: Readonly<Record<string, string>>;
  readonly scalarPath: string;
}

export const writeApiDocsPage = ({ username, csrfToken, assets, scalarPath }: ApiDocsPage): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>API Docs | Bellwire</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="csrf-token" content="${escapeHtml(csrfToken)}">
    <link rel="stylesheet" href="${assets["api-docs.css"]}">
    <script src="${scalarPath}" defer></script>
    <script src="${assets["start-scalar.js"]}" defer></script>
  </head>
  <body>
    <header class="bar">
      <a href="/p/admin">Back to the Admin Portal</a>
      <span>Requests sent from here act as <strong>${escapeHtml(username)}</strong>, for real. With an access token they act as a program.</span>
    </header>
    <div id="api-docs"></div>
    <noscript>This page needs JavaScript. The documents that it shows are <a href="/admin/api/openapi.json">/admin/api/openapi.json</a>
      and <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</noscript>
  </body>
</html>
`;

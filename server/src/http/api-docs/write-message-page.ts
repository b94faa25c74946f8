import { escapeHtml } from "./escape-html.ts";

export const writeMessagePage = (says: string, assets: Readonly<Record<string, string>>): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>API Docs | Bellwire</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${assets["api-docs.css"]}">
  </head>
  <body>
    <header class="bar">
      <a href="/p/admin">Back to the Admin Portal</a>
    </header>
    <main class="message">
      <h1>That did not work</h1>
      <p>${escapeHtml(says)}</p>
    </main>
  </body>
</html>
`;

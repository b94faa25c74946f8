import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { pageStyle } from "./page-style.ts";

type Row = Readonly<Record<string, SQLOutputValue>>;

const contactsStatement = `
  select name, email, role, company, state, plan, applications, deleted_at
  from contacts
  order by deleted_at is not null, company, id`;

const webhooksStatement = `
  select type, sequence, came_at, became
  from webhooks
  order by came_at desc, sequence desc
  limit 10`;

/** All contacts and the last webhooks, as a page that loads itself again. */
export function contactsPage(database: DatabaseSync): string {
  const contacts = database.prepare(contactsStatement).all();
  const webhooks = database.prepare(webhooksStatement).all();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="3">
<title>Contacts</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<h1>Contacts</h1>
${contacts.length === 0 ? `<p class="empty">Nobody yet. Contacts appear here as soon as Bellwire tells of them.</p>` : contactsTable(contacts)}
<h2>Last webhooks</h2>
${webhooks.length === 0 ? `<p class="empty">None yet.</p>` : webhooksTable(webhooks)}
</main>
</body>
</html>
`;
}

const contactsTable = (contacts: readonly Row[]): string => `<div class="table"><table>
<thead><tr><th>Name<th>Email<th>Company<th>Plan<th>Applications</thead>
<tbody>${contacts.map(contactRow).join("")}</tbody>
</table></div>`;

const contactRow = (row: Row): string => `
<tr${row["deleted_at"] ? ` class="gone"` : ""}>
<td>${text(row["name"])} ${badge(row["deleted_at"] ? "deleted" : row["role"])}
<td>${text(row["email"])}
<td>${text(row["company"])} ${badge(row["state"])}
<td>${text(row["plan"])}
<td>${text(row["applications"])}`;

const webhooksTable = (webhooks: readonly Row[]): string => `<div class="table"><table>
<thead><tr><th>Came (UTC)<th>Event<th>Number in its account<th>Became</thead>
<tbody>${webhooks.map(webhookRow).join("")}</tbody>
</table></div>`;

const webhookRow = (row: Row): string => `
<tr>
<td><time>${text(row["came_at"]).slice(0, 19).replace("T", " ")}</time>
<td>${text(row["type"])}
<td>${text(row["sequence"])}
<td>${badge(row["became"])}`;

const badge = (word: SQLOutputValue | undefined): string =>
  word ? `<span class="badge ${text(word)}">${text(word)}</span>` : "";

const text = (value: SQLOutputValue | undefined): string =>
  String(value ?? "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;");

import type { DatabaseSync, SQLOutputValue } from "node:sqlite";

type Row = Readonly<Record<string, SQLOutputValue>>;

const contactsStatement = `
  select name, email, role, company, state, plan, applications, deleted_at
  from contacts
  order by deleted_at is not null, company, id`;

const webhooksStatement = `
  select type, sequence, received_at, result
  from webhooks
  order by received_at desc, sequence desc
  limit 10`;

/** Renders all contacts and the last webhooks. The page reloads every 3 s. */
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
${contacts.length === 0 ? `<p class="empty">No contacts yet. They appear here as soon as Bellwire sends them.</p>` : contactsTable(contacts)}
<h2>Last webhooks</h2>
${webhooks.length === 0 ? `<p class="empty">No webhooks yet.</p>` : webhooksTable(webhooks)}
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
<thead><tr><th>Received (UTC)<th>Event<th>Sequence<th>Result</thead>
<tbody>${webhooks.map(webhookRow).join("")}</tbody>
</table></div>`;

const webhookRow = (row: Row): string => `
<tr>
<td><time>${text(row["received_at"]).slice(0, 19).replace("T", " ")}</time>
<td>${text(row["type"])}
<td>${text(row["sequence"])}
<td>${badge(row["result"])}`;

const badge = (value: SQLOutputValue | undefined): string =>
  value ? `<span class="badge ${text(value)}">${text(value)}</span>` : "";

const text = (value: SQLOutputValue | undefined): string =>
  String(value ?? "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;");

const pageStyle = `
:root { color-scheme: light dark; --line: light-dark(#d9dde3, #343a43); --soft: light-dark(#5c6673, #9aa4b1); }
body { margin: 0; background: light-dark(#f5f6f8, #14171b); color: light-dark(#1b1f24, #e8eaed); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { margin: 0 0 1rem; font-size: 1.6rem; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.1rem; }
.table { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; background: light-dark(#fff, #1b1f25); }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .6rem .9rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-size: .8rem; font-weight: 600; white-space: nowrap; }
tbody tr:last-child td { border-bottom: 0; }
time { font-variant-numeric: tabular-nums; white-space: nowrap; }
.empty { margin: 0; padding: 1.5rem; border: 1px dashed var(--line); border-radius: .5rem; color: var(--soft); }
.badge { padding: .05rem .5rem; border-radius: 1rem; background: light-dark(#e8ebef, #2c323b); color: light-dark(#45505d, #b9c2cd); font-size: .78rem; }
.badge.approved, .badge.applied { background: light-dark(#d9f2e3, #173a28); color: light-dark(#0f6135, #8fdcb0); }
.badge.deleted, .badge.suspended, .badge.rejected { background: light-dark(#fbe0de, #47201e); color: light-dark(#94251b, #f3aca6); }
.gone td { color: var(--soft); }
`;

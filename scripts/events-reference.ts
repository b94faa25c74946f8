import { type CatalogueEntry, type Door, eventCatalogue } from "../server/src/webhooks/events/index.ts";

const doorWords: Record<Door, string> = {
  developer_portal: "Developer Portal",
  admin_portal: "Admin Portal",
  api: "API",
  background: "activation, background work",
};

/** The text of docs/reference/events.md. */
export function eventsReference(): string {
  const row = ({ type, switchName, label, doors }: CatalogueEntry): string =>
    `| \`${type}\` | \`${switchName}\` | ${label} | ${doors.map((door) => doorWords[door]).join(", ")} |`;
  return `# Events

What can happen, its switch on the Webhooks page and in \`PUT /admin/api/webhooks\`, and the doors that can cause it. The
default endpoint is not told of what comes from the Admin Portal or the API unless \`provider_actions\` is on, nor of what
no user did unless \`all_actors\` is on. \`GET /api/v1/event_types/{type}/sample\` gives a document of each.

| type | switch | label | can come from |
| --- | --- | --- | --- |
${eventCatalogue.map(row).join("\n")}
`;
}

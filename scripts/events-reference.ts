import { type CatalogueEntry, type EventInterface, eventCatalogue } from "../server/src/webhooks/events/index.ts";

const interfaceNames: Record<EventInterface, string> = {
  developer_portal: "Developer Portal",
  admin_portal: "Admin Portal",
  api: "API",
  background: "activation, background work",
};

/** Renders docs/reference/events.md. */
export function eventsReference(): string {
  const row = ({ type, switchName, label, interfaces }: CatalogueEntry): string =>
    `| \`${type}\` | \`${switchName}\` | ${label} | ${interfaces.map((name) => interfaceNames[name]).join(", ")} |`;
  return `# Events

Event types, their switches on the Webhooks page and in \`PUT /admin/api/webhooks\`, and the interfaces that can cause them. The
default endpoint receives changes from the Admin Portal and the API only with \`provider_actions\`, and changes without an acting user
only with \`all_actors\`. \`GET /api/v1/event_types/{type}/sample\` returns a sample document.

| type | switch | label | can come from |
| --- | --- | --- | --- |
${eventCatalogue.map(row).join("\n")}
`;
}

import { describedHeaders } from "../server/src/webhooks/attempts/index.ts";
import { settingSchemas } from "../server/src/webhooks/endpoints/index.ts";
import {
  type CatalogueEntry,
  type EventInterface,
  type OperationalEntry,
  eventCatalogue,
  operationalEvents,
} from "../server/src/webhooks/events/index.ts";

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
  const operationalRow = ({ type, description }: OperationalEntry): string => `| \`${type}\` | ${description} |`;
  const format = new Map<string, unknown>(Object.entries(settingSchemas.format));
  const headers = Object.entries(describedHeaders).map(([name, { description }]) => `| \`${name}\` | ${description} |`);
  return `# Events

Event types, their switches on the Webhooks page and in \`PUT /admin/api/webhooks\`, and the interfaces that can cause them. The
default endpoint receives changes from the Admin Portal and the API only with \`provider_actions\`, and changes without an acting user
only with \`all_actors\`. \`GET /api/v1/event_types/{type}/sample\` returns a sample document.

| type | switch | label | can come from |
| --- | --- | --- | --- |
${eventCatalogue.map(row).join("\n")}

## Changes without an event

As in 3scale, these changes have no event, although objects look different afterwards. The next event of an object shows them.

| change | objects that look different |
| --- | --- |
| a plan: its name, its terms, the default | \`plans\` of accounts, \`plan\` of applications |
| a service subscription: created, approved, moved to another plan, ended | \`plans\` of its account |
| an application: created, deleted, moved to another plan; a user | \`plans\` and \`users\` of its account. The application or the user has an event |
| a fields definition: created, changed, deleted | all objects of its kind that have a value for the field |
| a product's way of authentication, or \`referrer_filters_required\` | its applications |
| a referrer filter | its application |
| the time zone | all times. Documents of a visitor's sign-up have UTC, and all others the provider's time zone |

Features, metrics, limits, pricing rules, API specifications, messages, invitations and log-ins have no event either. A deleted product
deletes its applications with an event for each.

## Events about endpoints

Caused by alerts. They never reach the endpoint \`default\`, and other endpoints receive only those that they name.

| type | meaning |
| --- | --- |
${operationalEvents.map(operationalRow).join("\n")}

## Formats

An endpoint's \`format\` determines the body. ${String(format.get("description"))}

## Headers

Headers of a request, besides those of HTTP and those that the endpoint configures.

| header | meaning |
| --- | --- |
${headers.join("\n")}
`;
}

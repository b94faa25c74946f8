// Writes the types of both APIs, and facts such as the limits of their fields, for the Admin Portal.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString, type OpenAPI3 } from "openapi-typescript";
import { describeNotification, notificationNames } from "../server/src/access/preferences.ts";
import { withDefaults } from "../server/src/webhooks/endpoints/settings.ts";

type Json = Readonly<Record<string, unknown>>;

const folder = new URL("src/api/", import.meta.url);
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
const memberOf = (value: unknown, name: string): Json => {
  const member = isObject(value) ? value[name] : undefined;
  return isObject(member) ? member : {};
};

async function readDocument(name: string): Promise<OpenAPI3> {
  return JSON.parse(await readFile(new URL(`../docs/reference/${name}.openapi.json`, import.meta.url), "utf8"));
}

/** Removes examples and bodies in XML, which the pages never read. */
const withoutExamples = (document: OpenAPI3): OpenAPI3 =>
  JSON.parse(
    JSON.stringify(document, (name, value) =>
      ["example", "examples", "application/xml"].includes(name) ? undefined : value,
    ),
  );

/** Keeps the schemas that the paths reference, directly or through another schema. */
function withoutUnusedSchemas(document: OpenAPI3): OpenAPI3 {
  const { schemas = {}, ...components } = document.components ?? {};
  const used = new Set<string>();
  const follow = (part: unknown): void => {
    for (const [, name = ""] of JSON.stringify(part).matchAll(/#\/components\/schemas\/(\w+)/g)) {
      if (used.has(name)) continue;
      used.add(name);
      follow(schemas[name]);
    }
  };
  follow([document.paths, components]);
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...components, schemas: kept } };
}

/** Keeps the schemas alone. The pages call the Account Management API by path, not by operation. */
const withoutPaths = ({ components, ...document }: OpenAPI3): OpenAPI3 => ({
  ...document,
  paths: {},
  components: components?.schemas ? { schemas: components.schemas } : {},
});

async function writeTypes(name: string, document: OpenAPI3): Promise<void> {
  const { webhooks: _, ...rest } = document;
  const types = astToString(await openapiTS(withoutExamples(rest)));
  await writeFile(
    new URL(`${name}.d.ts`, folder),
    `// Generated from docs/reference/${name}.openapi.json.\n\n${types}`,
  );
}

const attributes = { minimum: "min", maximum: "max", minLength: "minLength", maxLength: "maxLength" } as const;

/** Returns the limits of each field of a schema under the names of the HTML attributes that enforce them. */
function limitsOf(document: OpenAPI3, schema: string): Json {
  const properties = memberOf(document.components?.schemas?.[schema], "properties");
  const limits = Object.entries(properties).map(([field, property]) => [field, limitsOfField(property)] as const);
  return Object.fromEntries(limits.filter(([, found]) => Object.keys(found).length > 0));
}

function limitsOfField(property: unknown): Json {
  const alternatives = isObject(property) && Array.isArray(property["anyOf"]) ? property["anyOf"] : [property];
  const description: Json = Object.assign({}, ...alternatives);
  const items = limitsOfItems(description);
  const own = Object.entries(attributes).filter(([name]) => description[name] !== undefined);
  return { ...Object.fromEntries(own.map(([name, attribute]) => [attribute, description[name]])), ...items };
}

const limitsOfItems = ({ type, maxItems, items }: Json): Json =>
  type === "array" && maxItems !== undefined ? { maxItems, items: limitsOfField(items) } : {};

/** Returns the settings that a new endpoint of each format gets. The waits of `3scale` are a setting of the operator. */
function endpointDefaults(document: OpenAPI3): Json {
  const formats = memberOf(memberOf(document.components?.schemas?.["EndpointChange"], "properties"), "format")["enum"];
  const defaults = (Array.isArray(formats) ? formats : []).map((format) => {
    const settings = withDefaults({ format }, []);
    return [
      format,
      {
        success: settings.success,
        timeout_seconds: settings.timeoutSeconds,
        ordering: settings.ordering,
        max_per_second: settings.maxPerSecond,
        event_types: settings.eventTypes,
        retry_waits_seconds: settings.retryWaitsSeconds,
      },
    ];
  });
  return Object.fromEntries(defaults);
}

const itemsOf = (document: OpenAPI3, schema: string, field: string): unknown => {
  const properties = memberOf(document.components?.schemas?.[schema], "properties");
  return memberOf(memberOf(properties, field), "items")["enum"];
};

/** Returns the notifications that are mailed, with the sections that members need. */
const mailedNotifications = (): Json =>
  Object.fromEntries(
    notificationNames.flatMap((name) => {
      const { sections } = describeNotification(name);
      return sections === undefined ? [] : [[name, sections] as const];
    }),
  );

async function writeFacts(bellwire: OpenAPI3, management: OpenAPI3): Promise<void> {
  const eventTypes = memberOf(memberOf(bellwire.components?.schemas?.["EventType"], "properties"), "type")["enum"];
  const scopes = itemsOf(management, "PersonalAccessTokenCreateRequest", "scopes");
  const sections = itemsOf(management, "UserPermissionsUpdateRequest", "allowed_sections");
  const facts = {
    endpointLimits: limitsOf(bellwire, "EndpointChange"),
    endpointDefaults: endpointDefaults(bellwire),
    binLimits: limitsOf(bellwire, "BinChange"),
    settingsLimits: limitsOf(management, "SettingsUpdateRequest"),
    eventTypeNames: eventTypes,
    accessTokenScopes: scopes,
    permissionSections: sections,
    mailedNotifications: mailedNotifications(),
  };
  const lines = Object.entries(facts).map(
    ([name, value]) => `export const ${name} = ${JSON.stringify(value, undefined, 2)} as const;\n`,
  );
  await writeFile(
    new URL("facts.ts", folder),
    `// Generated from the OpenAPI documents, the defaults of endpoints and the notifications.\n\n${lines.join("\n")}`,
  );
}

const bellwire = await readDocument("bellwire-api");
const management = await readDocument("account-management-api");
await writeTypes("bellwire-api", withoutUnusedSchemas(bellwire));
await writeTypes("account-management-api", withoutPaths(withoutUnusedSchemas(management)));
await writeFacts(bellwire, management);

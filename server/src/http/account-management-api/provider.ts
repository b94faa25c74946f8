import { Type } from "typebox";
import { listProviderUsers, type ProviderUser } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import {
  propertySchemas,
  createFieldsDefinition,
  definitionToJson,
  deleteFieldsDefinition,
  readFieldsDefinition,
  readFieldsDefinitions,
  updateFieldsDefinition,
} from "#portal/fields/index.ts";
import {
  parseProviderSettings,
  type ProviderDetails,
  type ProviderSettings,
  providerToJson,
  readContactAddresses,
  readProviderSettings,
  representProvider,
  settingsFields,
  settingsToJson,
  updateProviderSettings,
} from "#portal/provider-account/index.ts";
import { type Provider, readProvider } from "#portal/providers/index.ts";
import { Problem } from "#http/shared/problem.ts";
import {
  type ApiResponse,
  idSchema,
  linksSchema,
  optionalBoolean,
  renderJson,
  requireSuccess,
  type ResponseDoc,
  timestamps,
  renderJsonList,
} from "./responses.ts";
import {
  exampleAdminUrl,
  exampleDeveloperUrl,
  exampleProvider,
  exampleProviderSettings,
  exampleProviderUser,
  exampleField,
} from "./example-portal.ts";
import type { AccountManagementApiNeeds, Call, Operation, Parameters } from "./operation.ts";

const contactSchemas = propertySchemas(settingsFields, "change", "contacts");

/** Reads the users and contact addresses that a provider's document has besides its settings, and renders it. */
async function respondWithProvider(
  needs: Pick<AccountManagementApiNeeds, "pool" | "developerPortalUrl" | "noReplyAddress">,
  call: Call,
  { provider, settings }: { readonly provider: Provider; readonly settings: ProviderSettings },
): Promise<ApiResponse> {
  const contacts = await readContactAddresses(needs.pool, provider.id);
  const users = await listVisibleUsers(needs.pool, call);
  const { noReplyAddress } = needs;
  return renderProvider(needs, call, { provider, settings, contacts, users, noReplyAddress });
}

function renderProvider(
  { developerPortalUrl }: Pick<AccountManagementApiNeeds, "developerPortalUrl">,
  { adminUrl }: Pick<Call, "adminUrl">,
  details: ProviderDetails,
): ApiResponse {
  const origins = { admin: adminUrl, developer: developerPortalUrl(details.provider) };
  return {
    xml: () => renderXmlDocument(representProvider(details, origins)),
    json: () => renderJson(providerToJson(details, origins)),
  };
}

const examplePortal = { developerPortalUrl: () => exampleDeveloperUrl };

const providerResponse: ResponseDoc = {
  schema: Type.Object({
    account: Type.Object(
      {
        id: idSchema,
        ...timestamps,
        admin_domain: Type.String(),
        domain: Type.String(),
        admin_base_url: Type.String({ format: "uri" }),
        base_url: Type.String({ format: "uri" }),
        ...contactSchemas,
        credit_card_stored: Type.Boolean(),
        monthly_billing_enabled: optionalBoolean,
        monthly_charging_enabled: optionalBoolean,
        state: Type.String(),
        annotations: Type.Record(Type.String(), Type.String()),
        links: linksSchema,
        org_name: Type.String(),
      },
      { title: "Provider" },
    ),
  }),
  example: renderProvider(
    examplePortal,
    { adminUrl: exampleAdminUrl },
    {
      provider: exampleProvider,
      settings: exampleProviderSettings,
      contacts: { supportEmail: "support@acme.example", financeSupportEmail: "support@acme.example" },
      noReplyAddress: "no-reply@acme.example",
      users: [exampleProviderUser],
    },
  ),
};

/** Returns the provider's users that the caller may see: members see only themselves. */
async function listVisibleUsers(
  db: Database,
  { provider, caller: { actor, role } }: Pick<Call, "provider" | "caller">,
): Promise<readonly ProviderUser[]> {
  const users = await listProviderUsers(db, provider.id);
  return role === "member" ? users.filter(({ id }) => "userId" in actor && actor.userId === id) : users;
}

export const providerOperations: readonly Operation[] = [
  {
    title: "Provider Account Read",
    description: "Returns the provider's own account; in XML with its users. Members see only themselves.",
    method: "GET",
    path: "/provider",
    action: "read-provider",
    response: providerResponse,
    async handle(needs, call) {
      const { provider } = call;
      const settings = await readProviderSettings(needs.pool, provider.id);
      return respondWithProvider(needs, call, { provider, settings });
    },
  },
  {
    title: "Provider Account Update",
    description:
      "Updates the sender and contact addresses of the provider's emails, and the access code of the Developer Portal.",
    method: "PUT",
    path: "/provider",
    action: "administer-provider",
    body: Type.Object(contactSchemas, { examples: [{ support_email: "support@acme.example" }] }),
    wrapper: "account",
    ignored: ["org_name", "name", "domain", "self_domain", "state", "vat_code", "telephone_number"],
    response: providerResponse,
    async handle(needs, call) {
      const { provider, values, by } = call;
      const { change } = requireSuccess(parseProviderSettings(values, "contacts", by.now));
      const outcome = await updateProviderSettings(needs.pool, { providerId: provider.id, change, by });
      const { settings } = requireSuccess(outcome);
      const updated = requireSuccess(await readProvider(needs.pool, provider.id));
      return respondWithProvider(needs, call, { provider: updated, settings });
    },
  },
];

const settingsResponse: ResponseDoc = {
  schema: Type.Object({
    settings: Type.Object(propertySchemas(settingsFields, "complete", "settings"), { title: "Settings" }),
  }),
  example: { json: () => renderJson(settingsToJson(exampleProviderSettings)) },
};

/** Only admins may configure webhooks, so members must not be able to turn them off. */
function requireAdminForWebhooks({ role }: Call["caller"], values: Parameters): void {
  if (role === "member" && values["web_hooks"] !== undefined) throw new Problem("role-missing");
}

export const settingsOperations: readonly Operation[] = [
  {
    title: "Settings Read",
    description: "Returns the settings of the Developer Portal.",
    method: "GET",
    path: "/settings",
    action: "read-settings",
    isJsonOnly: true,
    response: settingsResponse,
    async handle({ pool }, { provider }) {
      const settings = await readProviderSettings(pool, provider.id);
      return { json: () => renderJson(settingsToJson(settings)) };
    },
  },
  {
    title: "Settings Update",
    description: "Updates the settings of the Developer Portal. Absent settings keep their values.",
    method: "PUT",
    path: "/settings",
    action: "change-settings",
    isJsonOnly: true,
    body: Type.Object(propertySchemas(settingsFields, "change", "settings"), {
      examples: [{ signups_enabled: false }],
    }),
    wrapper: "settings",
    response: settingsResponse,
    async handle({ pool }, { provider, caller, values, by }) {
      requireAdminForWebhooks(caller, values);
      const { change } = requireSuccess(parseProviderSettings(values, "settings", by.now));
      const { settings } = requireSuccess(await updateProviderSettings(pool, { providerId: provider.id, change, by }));
      return { json: () => renderJson(settingsToJson(settings)) };
    },
  },
];

const target = Type.String({
  enum: ["Account", "User", "Cinstance"],
  description: "A cinstance is an application.",
});

const NewFieldsDefinitionSchema = Type.Object(
  {
    target,
    name: Type.String(),
    label: Type.String(),
    required: optionalBoolean,
    hidden: optionalBoolean,
    read_only: optionalBoolean,
    choices: Type.Optional(
      Type.Array(Type.String(), { description: "Stored without duplicates and white space around them." }),
    ),
  },
  { examples: [{ target: "Account", name: "region", label: "Region", choices: ["emea", "apac"] }] },
);

const FieldsDefinitionChangeSchema = Type.Partial(
  Type.Object({ ...NewFieldsDefinitionSchema.properties, position: Type.Integer({ description: "Starts at 1." }) }),
  { examples: [{ label: "Where", position: 1 }] },
);

const FieldsDefinitionSchema = Type.Object({
  fields_definition: Type.Object(
    {
      id: idSchema,
      target,
      name: Type.String(),
      label: Type.String(),
      required: Type.Boolean(),
      hidden: Type.Boolean(),
      read_only: Type.Boolean(),
      choices: Type.Array(Type.String()),
      position: Type.Integer(),
      ...timestamps,
    },
    { title: "FieldsDefinition" },
  ),
});

const fieldsDefinitionResponse: ResponseDoc = {
  schema: FieldsDefinitionSchema,
  example: { json: () => renderJson(definitionToJson(exampleField, exampleProvider)) },
};

const fieldsDefinitionsResponse: ResponseDoc = {
  schema: Type.Object({ fields_definitions: Type.Array(FieldsDefinitionSchema) }),
  example: { json: () => renderJson({ fields_definitions: [definitionToJson(exampleField, exampleProvider)] }) },
};

export const fieldsDefinitionOperations: readonly Operation[] = [
  {
    title: "Fields Definitions List",
    description: "Lists the fields of accounts, users and applications.",
    method: "GET",
    path: "/fields_definitions",
    action: "read-fields",
    isJsonOnly: true,
    response: fieldsDefinitionsResponse,
    async handle({ pool }, { provider }) {
      const definitions = await readFieldsDefinitions(pool, provider.id);
      return {
        json: () =>
          renderJsonList("fields_definitions", definitions, (definition) => definitionToJson(definition, provider)),
      };
    },
  },
  {
    title: "Fields Definition Create",
    description: "Defines a field, as the last one of its target.",
    method: "POST",
    path: "/fields_definitions",
    action: "change-settings",
    isJsonOnly: true,
    body: NewFieldsDefinitionSchema,
    wrapper: "fields_definition",
    response: fieldsDefinitionResponse,
    async handle({ pool }, { provider, values, by }) {
      const outcome = await createFieldsDefinition(pool, { providerId: provider.id, values, by });
      const { definition } = requireSuccess(outcome);
      return {
        location: `/fields_definitions/${definition.id}.json`,
        json: () => renderJson(definitionToJson(definition, provider)),
      };
    },
  },
  {
    title: "Fields Definition Read",
    description: "Returns the definition of a field.",
    method: "GET",
    path: "/fields_definitions/{id}",
    action: "read-fields",
    isJsonOnly: true,
    response: fieldsDefinitionResponse,
    async handle({ pool }, { provider, id }) {
      const definition = requireSuccess(await readFieldsDefinition(pool, provider.id, id("id")));
      return { json: () => renderJson(definitionToJson(definition, provider)), lastModified: definition.updatedAt };
    },
  },
  {
    title: "Fields Definition Update",
    description: "Updates a field's settings or its position. Its target and its name cannot be changed.",
    method: "PUT",
    path: "/fields_definitions/{id}",
    action: "change-settings",
    isJsonOnly: true,
    body: FieldsDefinitionChangeSchema,
    wrapper: "fields_definition",
    response: fieldsDefinitionResponse,
    async handle({ pool }, { provider, values, by, id }) {
      const outcome = await updateFieldsDefinition(pool, { providerId: provider.id, id: id("id"), values, by });
      const { definition } = requireSuccess(outcome);
      return { json: () => renderJson(definitionToJson(definition, provider)) };
    },
  },
  {
    title: "Fields Definition Delete",
    description: "Deletes a field's definition. Built-in fields cannot be deleted.",
    method: "DELETE",
    path: "/fields_definitions/{id}",
    action: "change-settings",
    isJsonOnly: true,
    async handle({ pool }, { provider, by, id }) {
      requireSuccess(await deleteFieldsDefinition(pool, { providerId: provider.id, id: id("id"), by }));
      return {};
    },
  },
];

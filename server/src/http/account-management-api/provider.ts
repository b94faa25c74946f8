import { Type } from "typebox";
import { listProviderUsers, type ProviderUser } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import { propertySchemas } from "#portal/fields/index.ts";
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
} from "./responses.ts";
import {
  exampleAdminUrl,
  exampleDeveloperUrl,
  exampleProvider,
  exampleProviderSettings,
  exampleProviderUser,
} from "./example-portal.ts";
import type { AccountManagementApiNeeds, Call, Operation } from "./operation.ts";
import type { Parameters } from "./parameters.ts";

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

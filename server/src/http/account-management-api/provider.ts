import { Type } from "typebox";
import { type ProviderUser, listProviderUsers } from "#access/index.ts";
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
  updateProviderSettings,
} from "#portal/provider-account/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { requireSuccess } from "./error-responses.ts";
import {
  exampleAdminUrl,
  exampleDeveloperUrl,
  exampleProvider,
  exampleProviderSettings,
  exampleProviderUser,
} from "./example-portal.ts";
import { type AccountManagementApiNeeds, type Call, type Operation, xmlAndJson } from "./operation.ts";
import { type ApiResponse, type ResponseDoc, renderJson } from "./responses.ts";
import { idSchema, linksSchema, optionalBoolean, timestamps } from "./schema-parts.ts";

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

const readProviderOperation: Operation = {
  title: "Provider Account Read",
  tag: "Provider",
  description: "Returns the provider's own account; in XML with its users. Members see only themselves.",
  method: "GET",
  path: "/provider",
  action: "read-provider",
  formats: xmlAndJson,
  response: providerResponse,

  async handle(needs, call) {
    const { provider } = call;
    const settings = await readProviderSettings(needs.pool, provider.id);
    return respondWithProvider(needs, call, { provider, settings });
  },
};

const updateProviderOperation: Operation = {
  title: "Provider Account Update",
  tag: "Provider",
  description:
    "Updates the sender and contact addresses of the provider's emails, and the access code of the Developer Portal.",
  method: "PUT",
  path: "/provider",
  action: "administer-provider",
  formats: xmlAndJson,
  body: Type.Object(contactSchemas, { examples: [{ support_email: "support@acme.example" }] }),
  wrapper: "account",
  ignored: ["org_name", "name", "domain", "self_domain", "state", "vat_code", "telephone_number"],
  response: providerResponse,

  async handle(needs, call) {
    const { provider, values, by } = call;
    const { change } = requireSuccess(parseProviderSettings(values, "contacts", by.now));
    const outcome = await updateProviderSettings(needs.pool, { providerId: provider.id, change, by });
    const { settings } = requireSuccess(outcome);
    return respondWithProvider(needs, call, { provider: { ...provider, updatedAt: by.now }, settings });
  },
};

/** Returns the provider's users that the caller may see: members see only themselves. */
async function listVisibleUsers(
  db: Database,
  { provider, caller: { actor, role } }: Pick<Call, "provider" | "caller">,
): Promise<readonly ProviderUser[]> {
  const users = await listProviderUsers(db, provider.id);
  return role === "member" ? users.filter(({ id }) => "userId" in actor && actor.userId === id) : users;
}

export const providerOperations: readonly Operation[] = [readProviderOperation, updateProviderOperation];

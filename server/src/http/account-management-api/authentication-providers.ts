import { Type } from "typebox";
import { Problem } from "#http/shared/problem.ts";
import { renderIndentedXml } from "#platform/xml.ts";
import { list } from "#platform/document.ts";
import { propertySchemas } from "#portal/fields/index.ts";
import {
  type AccountType,
  type AuthenticationProvider,
  authenticationProviderFields,
  authenticationProviderToJson,
  createAuthenticationProvider,
  listAuthenticationProviders,
  type PortalUrls,
  readAuthenticationProvider,
  representAuthenticationProvider,
  updateAuthenticationProvider,
} from "#portal/single-sign-on/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import {
  exampleAdminUrl,
  exampleAuthenticationProvider,
  exampleDeveloperUrl,
  exampleProvider,
} from "./example-portal.ts";
import {
  type ApiResponse,
  idSchema,
  optionalBoolean,
  optionalText,
  renderJson,
  requireSuccess,
  type ResponseDoc,
  timestamps,
} from "./responses.ts";
import { type Call, type Operation, type OperationNeeds, parseText, type Parameters } from "./operation.ts";

/** Everything that the documents contain besides the authentication provider itself. */
interface Context {
  readonly provider: Provider;
  readonly urls: PortalUrls;
}

const contextOf = (
  { developerPortalUrl, adminPortalUrl }: Pick<OperationNeeds, "developerPortalUrl" | "adminPortalUrl">,
  { provider }: Call,
): Context => ({
  provider,
  urls: { developer: developerPortalUrl(provider), provider: adminPortalUrl(provider) },
});

const renderOne = ({ provider, urls }: Context, shown: AuthenticationProvider): ApiResponse => ({
  xml: () => renderIndentedXml(representAuthenticationProvider(shown, provider, urls)),
  json: () => renderJson(authenticationProviderToJson(shown, provider, urls)),
  lastModified: shown.updatedAt,
});

const renderAll = ({ provider, urls }: Context, all: readonly AuthenticationProvider[]): ApiResponse => ({
  xml: () =>
    renderIndentedXml(
      list(
        "authentication_providers",
        all.map((shown) => representAuthenticationProvider(shown, provider, urls)),
        "alone",
      ),
    ),
  json: () =>
    renderJson({ authentication_providers: all.map((shown) => authenticationProviderToJson(shown, provider, urls)) }),
});

const AuthenticationProviderSchema = Type.Object({
  authentication_provider: Type.Object(
    {
      id: idSchema,
      kind: Type.String(),
      account_type: Type.String({ enum: ["developer", "provider"] }),
      name: Type.String(),
      system_name: Type.String(),
      client_id: Type.String(),
      client_secret: optionalText,
      site: optionalText,
      token_url: optionalText,
      user_info_url: optionalText,
      authorize_url: optionalText,
      skip_ssl_certificate_verification: Type.Boolean(),
      automatically_approve_accounts: Type.Boolean(),
      branding_state: optionalText,
      account_id: idSchema,
      username_key: optionalText,
      identifier_key: Type.String(),
      trust_email: optionalBoolean,
      published: Type.Boolean(),
      ...timestamps,
      callback_url: Type.String({ format: "uri", description: "To be registered at the identity provider." }),
    },
    { title: "AuthenticationProvider" },
  ),
});

const exampleContext = {
  provider: exampleProvider,
  urls: { developer: exampleDeveloperUrl, provider: exampleAdminUrl },
};

/** The differences between the authentication providers of the two portals. */
interface PortalOperations {
  readonly accountType: AccountType;
  readonly path: string;
  /** The portal in titles and in sentences. */
  readonly portal: "Developer Portal" | "Admin Portal";
  readonly kind: ReturnType<typeof Type.String>;
  /** Properties that requests for the other portal alone may have. */
  readonly omitted: readonly string[];
}

const allSchemas = propertySchemas(authenticationProviderFields, "complete");
const changeableSchemas = propertySchemas(authenticationProviderFields, "change", "changeable");

const developerPortal: PortalOperations = {
  accountType: "developer",
  path: "/authentication_providers",
  portal: "Developer Portal",
  kind: Type.String({
    description: "`keycloak`, `auth0`, `github`, or any other name for a plain OAuth 2 server. One of each kind.",
  }),
  omitted: [],
};

const adminPortal: PortalOperations = {
  accountType: "provider",
  path: "/account/authentication_providers",
  portal: "Admin Portal",
  kind: Type.String({ enum: ["keycloak", "auth0"] }),
  omitted: [
    "token_url",
    "user_info_url",
    "authorize_url",
    "username_key",
    "identifier_key",
    "trust_email",
    "automatically_approve_accounts",
  ],
};

const without = <Value>(values: Readonly<Record<string, Value>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));

const example = {
  kind: "keycloak",
  name: "Staff",
  client_id: "bellwire",
  client_secret: "6f1c07b2a9",
  site: "https://sso.acme.example/realms/staff",
  published: true,
};

const brandingSchema = Type.Optional(
  Type.String({
    enum: ["brand_as_threescale", "custom_brand"],
    description: "Only `custom_brand` of `github`, which it has from the start.",
  }),
);

const responsesOf = ({ accountType }: PortalOperations): Readonly<Record<"one" | "list", ResponseDoc>> => {
  const shown = { ...exampleAuthenticationProvider, accountType };
  return {
    one: { schema: AuthenticationProviderSchema, example: renderOne(exampleContext, shown) },
    list: {
      schema: Type.Object({ authentication_providers: Type.Array(AuthenticationProviderSchema) }),
      example: renderAll(exampleContext, [shown]),
    },
  };
};

const wrapper = "authentication_provider";

/** Columns of 3scale's authentication providers that requests cannot set. */
const ignored = ["account_id", "account_type", "branding_state", "created_at", "tenant_id", "type", "updated_at"];

const referenceOf = ({ accountType }: PortalOperations, { provider, id }: Call) => ({
  providerId: provider.id,
  accountType,
  id: id("id"),
});

/** A request without a kind lacks a parameter instead of having an invalid one, as in 3scale. */
function requireKind(values: Parameters): void {
  if ((parseText(values["kind"]) ?? "").trim() === "")
    throw new Problem("parameter-missing", { detail: "Required parameter missing: kind" });
}

const listOperation = (operations: PortalOperations): Operation => ({
  title: `Authentication Providers ${operations.portal} List`,
  description: `Lists the authentication providers of the ${operations.portal}, oldest first.`,
  method: "GET",
  path: operations.path,
  action: "read-authentication-providers",
  response: responsesOf(operations).list,

  async handle(needs, call) {
    const { accountType } = operations;
    const all = await listAuthenticationProviders(needs, { providerId: call.provider.id, accountType });
    return renderAll(contextOf(needs, call), all);
  },
});

const createOperation = (operations: PortalOperations): Operation => ({
  title: `Authentication Provider ${operations.portal} Create`,
  description: `Creates an authentication provider of the ${operations.portal}. Only published ones are offered at the log-in.`,
  method: "POST",
  path: operations.path,
  action: "administer-provider",
  body: Type.Object(
    {
      kind: operations.kind,
      ...without(allSchemas, operations.omitted),
      ...(operations === developerPortal && { branding_state_event: brandingSchema }),
    },
    { examples: [example] },
  ),
  wrapper,
  ignored: [...ignored, ...operations.omitted],
  response: responsesOf(operations).one,

  async handle(needs, call) {
    requireKind(call.values);
    const { accountType, omitted, path } = operations;
    const values = without(call.values, omitted);
    const outcome = await createAuthenticationProvider(needs, {
      providerId: call.provider.id,
      accountType,
      values,
      by: call.by,
    });
    const { authenticationProvider: created } = requireSuccess(outcome);
    return { ...renderOne(contextOf(needs, call), created), location: `${path}/${created.id}` };
  },
});

const readOperation = (operations: PortalOperations): Operation => ({
  title: `Authentication Provider ${operations.portal} Read`,
  description: `Returns an authentication provider of the ${operations.portal}.`,
  method: "GET",
  path: `${operations.path}/{id}`,
  action: "read-authentication-providers",
  response: responsesOf(operations).one,

  async handle(needs, call) {
    const found = await readAuthenticationProvider(needs, referenceOf(operations, call));
    return renderOne(contextOf(needs, call), requireSuccess(found));
  },
});

const updateOperation = (operations: PortalOperations): Operation => ({
  title: `Authentication Provider ${operations.portal} Update`,
  description: `Updates an authentication provider of the ${operations.portal}. Absent properties keep their values.`,
  method: "PUT",
  path: `${operations.path}/{id}`,
  action: "administer-provider",
  body: Type.Object(without(changeableSchemas, operations.omitted), { examples: [{ published: true }] }),
  wrapper,
  ignored: [...ignored, ...Object.keys(without(allSchemas, Object.keys(changeableSchemas))), "kind"],
  response: responsesOf(operations).one,

  async handle(needs, call) {
    const values = without(call.values, operations.omitted);
    const outcome = await updateAuthenticationProvider(needs, {
      ...referenceOf(operations, call),
      values,
      by: call.by,
    });
    if (outcome === "needed") throw new Problem("role-missing");
    return renderOne(contextOf(needs, call), requireSuccess(outcome).authenticationProvider);
  },
});

export const authenticationProviderOperations: readonly Operation[] = [developerPortal, adminPortal].flatMap(
  (operations) =>
    [listOperation, createOperation, readOperation, updateOperation].map((operationOf) => operationOf(operations)),
);

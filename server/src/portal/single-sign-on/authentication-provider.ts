import { Type } from "typebox";
import { type Json, type Node, record, value } from "#platform/document.ts";
import { randomHex } from "#platform/ids.ts";
import { isXmlText } from "#platform/xml.ts";
import {
  type FieldErrors,
  type FieldInput,
  mergeErrors,
  type Parsed,
  parseRailsBoolean,
  parseRequest,
  parseRequiredText,
  parseText,
  plainText,
  type SettableTable,
} from "#portal/fields/index.ts";
import { deriveSystemName, isSystemName } from "#portal/products/index.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";

/** The portal whose users sign in: developers, or users of the provider. */
export type AccountType = "developer" | "provider";

/** An identity provider that users of one portal sign in with. */
export interface AuthenticationProvider {
  readonly id: number;
  readonly accountType: AccountType;
  /** `keycloak`, `auth0` and `github` are known. Any other is a plain OAuth 2 server with given endpoints. */
  readonly kind: string;
  readonly name: string;
  /** In the path of the callback. */
  readonly systemName: string;
  readonly clientId: string;
  /** Null if no configured key decrypts it. */
  readonly clientSecret: string | null;
  /** The issuer of `keycloak`, which is the URL of the realm, and of `auth0`. */
  readonly site: string | null;
  readonly tokenUrl: string | null;
  readonly userInfoUrl: string | null;
  readonly authorizeUrl: string | null;
  readonly skipSslCertificateVerification: boolean;
  readonly automaticallyApproveAccounts: boolean;
  /** The property of the user info that has the user name, of plain OAuth 2. */
  readonly usernameKey: string | null;
  /** The property of the user info that identifies the user, of plain OAuth 2. */
  readonly identifierKey: string;
  /** Email addresses count as verified without a claim. */
  readonly trustEmail: boolean;
  readonly published: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const parseOptionalText = (values: FieldInput, name: string): Parsed<string | null> => {
  const { value: text, wrong } = parseText(values, name);
  return { value: text === "" ? null : text, wrong };
};

const urlLengthMax = 255;

/** Keeps white space, because 3scale refuses it instead of removing it. */
function parseUrl(values: FieldInput, name: string): Parsed<string | null> {
  const text = plainText(values[name]);
  if (text === undefined && values[name] !== undefined) return { value: undefined, wrong: ["is invalid"] };
  if (text === undefined || text === "") return { value: text === "" ? null : undefined, wrong: [] };
  return { value: text, wrong: urlErrors(text) };
}

function urlErrors(text: string): readonly string[] {
  if (/\s/.test(text)) return ["can't contain whitespaces"];
  if (text.length > urlLengthMax) return [`is too long (maximum is ${urlLengthMax} characters)`];
  const url = URL.parse(text);
  const isHttp = url !== null && /^https?:\/\//i.test(text) && url.username === "" && url.password === "";
  return isHttp && isXmlText(text) ? [] : ["Invalid URL format"];
}

const inserted = { insert: true } as const;
const stored = { insert: true, update: true, document: "changeable" } as const;
const switchOf = (description: string) =>
  ({ schema: Type.Boolean({ description }), parse: parseRailsBoolean }) as const;
const endpointOf = (description: string) => ({ schema: Type.String({ description }), parse: parseUrl }) as const;

/** Statements and requests derive from these rows. The group `changeable` is that of updates. */
export const authenticationProviderFields = {
  id: {},
  accountType: inserted,
  kind: inserted,
  name: {
    ...inserted,
    set: { schema: Type.String({ description: "Shown at the log-in. Made from the kind, if absent." }) },
  },
  systemName: {
    ...inserted,
    set: { schema: Type.String({ description: "Part of the callback URL. Made from the name, if absent." }) },
  },
  clientId: {
    ...stored,
    set: {
      schema: Type.String({ description: "The id of this client at the identity provider." }),
      required: true,
      parse: parseRequiredText,
    },
  },
  clientSecret: {
    ...stored,
    set: {
      schema: Type.String({ description: "The secret of this client at the identity provider." }),
      required: true,
      parse: parseRequiredText,
    },
  },
  site: {
    ...stored,
    set: endpointOf(
      "The issuer: the URL of the realm of `keycloak`, or of the tenant of `auth0`. Required for both. Of `github`: a GitHub Enterprise Server.",
    ),
  },
  tokenUrl: { ...inserted, set: endpointOf("The token endpoint of another kind.") },
  userInfoUrl: { ...inserted, set: endpointOf("The user info endpoint of another kind.") },
  authorizeUrl: { ...inserted, set: endpointOf("The authorization endpoint of another kind.") },
  skipSslCertificateVerification: {
    ...stored,
    set: switchOf("Has no effect: certificates are always verified. `BELLWIRE_CA_FILE` adds an authority."),
  },
  automaticallyApproveAccounts: {
    ...stored,
    set: switchOf("Approves accounts that sign up with it, also if their plan requires approval."),
  },
  usernameKey: {
    ...inserted,
    set: {
      schema: Type.String({
        default: "login",
        description: "The property of the user info with the username, of another kind.",
      }),
      parse: parseOptionalText,
    },
  },
  identifierKey: {
    ...inserted,
    set: {
      schema: Type.String({
        default: "id",
        description: "The property of the user info that identifies the user, of another kind.",
      }),
      parse: parseRequiredText,
    },
  },
  trustEmail: {
    ...inserted,
    set: switchOf("Email addresses count as verified, even if the identity provider does not say so."),
  },
  published: { ...stored, set: switchOf("Offers it at the log-in.") },
  createdAt: {},
  updatedAt: {},
} as const satisfies SettableTable<AuthenticationProvider>;

const kindNames: Readonly<Record<string, string>> = { keycloak: "Keycloak", auth0: "Auth0", github: "GitHub" };

/** Those that the Admin Portal can be entered with, whose users are not just anybody. */
const kindsOfProvider: ReadonlySet<string> = new Set(["keycloak", "auth0"]);
const kindsWithSite = kindsOfProvider;

/** Returns the URL that the addresses of `keycloak`, `auth0` and `github` begin with. Sites have no slash at their end, which people add. */
export function serverOf({ kind, site }: Pick<AuthenticationProvider, "kind" | "site">): string {
  const isGitHub = kind === "github" && (site === null || /^(www\.)?github\.com$/i.test(new URL(site).hostname));
  return isGitHub ? "https://github.com" : (site ?? "").replace(/\/+$/, "");
}

/** Returns true if both have the same people. HTTPS in place of HTTP makes no difference. */
export function isSameServer(
  one: Pick<AuthenticationProvider, "kind" | "site">,
  other: Pick<AuthenticationProvider, "kind" | "site">,
): boolean {
  const [a, b] = [URL.parse(serverOf(one)), URL.parse(serverOf(other))];
  // The endpoints of another kind do not change, and its site has no effect.
  return !(one.kind in kindNames) || (a?.host === b?.host && a?.pathname === b?.pathname);
}

const suffixBytes = 6;
/** No callback of another provider begins with it. */
const reservedNames: ReadonlySet<string> = new Set(["invitations"]);

/** A system name is one segment of a path. */
const systemNameErrors = (name: string): readonly string[] =>
  isSystemName(name) && !name.includes("/") && !reservedNames.has(name) ? [] : ["is invalid"];

interface NewProvider {
  readonly provider: Omit<AuthenticationProvider, "id" | "createdAt" | "updatedAt"> & { readonly clientSecret: string };
  readonly errors: FieldErrors;
}

const blank = {
  site: null,
  tokenUrl: null,
  userInfoUrl: null,
  authorizeUrl: null,
  skipSslCertificateVerification: false,
  automaticallyApproveAccounts: false,
  usernameKey: "login",
  identifierKey: "id",
  trustEmail: false,
  published: false,
} as const;

/** Parses a new authentication provider and returns all errors. */
export function parseNewProvider(accountType: AccountType, values: FieldInput, now: Date): NewProvider {
  const parsed = parseRequest<AuthenticationProvider>(authenticationProviderFields, { values, writer: "program", now });
  const [kindText, nameText, systemNameText] = ["kind", "name", "system_name"].map((name) => parseText(values, name));
  const kind = (kindText?.value ?? "").toLowerCase();
  const name = nameText?.value || (kindNames[kind] ?? "Custom");
  const systemName =
    systemNameText?.value ||
    (nameText?.value && deriveSystemName(nameText.value)) ||
    `${kind in kindNames ? kind : "custom"}_${randomHex(suffixBytes)}`;
  const { clientId = "", clientSecret, ...changes } = parsed.changes;
  const provider = {
    ...blank,
    ...changes,
    accountType,
    kind,
    name,
    systemName,
    clientId,
    clientSecret: clientSecret ?? "",
  };
  const errors = mergeErrors(
    parsed.errors,
    {
      kind: [
        ...(kindText?.wrong ?? []),
        ...(accountType === "provider" && !kindsOfProvider.has(kind) ? ["unavailable for this account type"] : []),
      ],
      name: nameText?.wrong ?? [],
      system_name: [...(systemNameText?.wrong ?? []), ...systemNameErrors(systemName)],
      client_id: values["client_id"] === undefined ? ["can't be blank"] : [],
      client_secret: values["client_secret"] === undefined ? ["can't be blank"] : [],
      branding_state_event: brandingErrors(kind, values),
    },
    siteErrors(kind, provider.site, parsed.errors),
  );
  return { provider, errors };
}

/** Waits for a valid site: an invalid one is an error of its own. */
export const siteErrors = (kind: string, site: string | null, errors: FieldErrors): FieldErrors =>
  kindsWithSite.has(kind) && site === null && errors["site"] === undefined ? { site: ["can't be blank"] } : {};

/** There is no client of 3scale's at GitHub, so each GitHub has the provider's own brand from the start. */
function brandingErrors(kind: string, values: FieldInput): readonly string[] {
  const event = plainText(values["branding_state_event"]) ?? "";
  if (event === "" || (event === "custom_brand" && kind === "github")) return [];
  return event === "brand_as_threescale" && kind === "github"
    ? ["cannot transition when custom branded"]
    : ["is invalid"];
}

/** Base URLs of the portals, without a trailing slash. */
export interface PortalUrls {
  readonly developer: string;
  readonly provider: string;
}

/** Returns the URL to which the identity provider sends users back. */
export const callbackUrl = (
  { accountType, systemName }: Pick<AuthenticationProvider, "accountType" | "systemName">,
  urls: PortalUrls,
): string => `${urls[accountType]}/auth/${systemName}/callback`;

/** Returns the properties in 3scale's order. Those that are null are left out. */
function propertiesOf(
  shown: AuthenticationProvider,
  provider: Provider,
  urls: PortalUrls,
): readonly (readonly [string, string | number | boolean | null])[] {
  return [
    ["id", shown.id],
    ["kind", shown.kind],
    ["account_type", shown.accountType],
    ["name", shown.name],
    ["system_name", shown.systemName],
    ["client_id", shown.clientId],
    ["client_secret", shown.clientSecret],
    ["site", shown.site],
    ["token_url", shown.tokenUrl],
    ["user_info_url", shown.userInfoUrl],
    ["authorize_url", shown.authorizeUrl],
    ["skip_ssl_certificate_verification", shown.skipSslCertificateVerification],
    ["automatically_approve_accounts", shown.automaticallyApproveAccounts],
    ["branding_state", shown.kind === "github" ? "custom_branded" : null],
    ["account_id", provider.id],
    ["username_key", shown.usernameKey],
    ["identifier_key", shown.identifierKey],
    ["trust_email", shown.trustEmail],
    ["published", shown.published],
    ["created_at", writeTimestamp(shown.createdAt, provider.timeZone)],
    ["updated_at", writeTimestamp(shown.updatedAt, provider.timeZone)],
    ["callback_url", callbackUrl(shown, urls)],
  ];
}

export const representAuthenticationProvider = (...parts: Parameters<typeof propertiesOf>): Node =>
  record(
    "authentication_provider",
    propertiesOf(...parts).map(([name, content]) => value(name, content)),
  );

export const authenticationProviderToJson = (...parts: Parameters<typeof propertiesOf>): Json => ({
  authentication_provider: Object.fromEntries(propertiesOf(...parts).filter(([, content]) => content !== null)),
});

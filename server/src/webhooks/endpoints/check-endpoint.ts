import { connectionHeaders } from "#platform/http.ts";
import { type AllowedTargets, type HideAddress, type Lookup, resolveTarget } from "#platform/network/target-guard.ts";
import { isBlank } from "#platform/visible-text.ts";
import { isXmlText } from "#platform/xml.ts";
import { type BodyFormat, isChatFormat } from "#webhooks/deliveries/index.ts";
import { isOperational } from "#webhooks/events/index.ts";
import { type EndpointSettings, type Refused, defaultEndpointName } from "./settings.ts";

/** Headers that the connection, the body or the response need. Response bodies are stored as received, never decompressed. */
const reservedNames: ReadonlySet<string> = new Set([
  ...connectionHeaders,
  "content-encoding",
  "content-type",
  "user-agent",
]);

/** Returns whether only Bellwire may set the header: `ce-…` are the attributes of CloudEvents. */
export function isReservedHeader(name: string): boolean {
  const lowerCase = name.toLowerCase();
  return (
    reservedNames.has(lowerCase) ||
    lowerCase.startsWith("webhook-") ||
    lowerCase.startsWith("bellwire-") ||
    lowerCase.startsWith("ce-")
  );
}

export const mask = "…";

/**
 * Masks the secrets of a URL: user information, the values of its query, the fragment. Works on the text, so that
 * invalid URLs are masked too.
 */
export function maskUrl(url: string): string {
  const [before = "", ...afterHash] = url.split("#");
  const fragment = afterHash.length > 0 ? `#${mask}` : "";
  const [address = "", ...queryParts] = before.split("?");
  const masked = address.replace(/^([a-z+.-]*:?\/\/)[^/\\]*@/i, `$1${mask}@`);
  if (queryParts.length === 0) return masked + fragment;
  const parameters = queryParts.join("?").split("&").map(maskParameter);
  return `${masked}?${parameters.join("&")}${fragment}`;
}

interface UrlOfFormat {
  readonly url: string;
  readonly format: BodyFormat;
}

/** Masks the URL of an endpoint or of one of its requests. The path of a chat program's URL is a secret, too. */
export function maskEndpointUrl({ url, format }: UrlOfFormat): string {
  const masked = maskUrl(url);
  return isChatFormat(format) ? masked.replace(/^([a-z+.-]*:?\/\/[^/\\?#]*)[/\\][^?#]+/i, `$1/${mask}`) : masked;
}

/** A secret as receivers repeat it in a response, and what is shown instead. */
export type RepeatedSecret = readonly [secret: string, shown: string];

/** Shorter parts of a URL are also ordinary words of a response. */
const secretLengthMin = 16;

/** Returns the secrets of an endpoint's URL, whole ones before their parts. */
export function urlSecrets({ url, format }: UrlOfFormat): readonly RepeatedSecret[] {
  const { pathname = "", search = "" } = maskEndpointUrl({ url, format }) === url ? {} : (URL.parse(url) ?? {});
  const path = isChatFormat(format) ? pathname : "";
  const parts = [...path.split("/"), ...search.split(/[?&=]/)].filter(({ length }) => length >= secretLengthMin);
  const whole = [[path, `/${mask}`] as const, [search, maskUrl(search)] as const];
  return [...whole.filter(([secret]) => secret.length > 1), ...parts.map((part) => [part, mask] as const)];
}

/** Returns whether a mask is in the place of a secret, as in an edited copy of a masked URL, also as `URL` writes it. */
export function containsMask({ url, format }: UrlOfFormat): boolean {
  const text = url.replaceAll(/%e2%80%a6/gi, mask).replaceAll("\\", "/");
  return /(?:[?&=#]|\/\/)…(?:[&#@]|$)/.test(text) || (isChatFormat(format) && text.includes(`/${mask}`));
}

function maskParameter(parameter: string): string {
  if (parameter === "") return "";
  const [name, ...value] = parameter.split("=");
  return value.length > 0 ? `${name}=${mask}` : mask;
}

const headerNamePattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 §5.5, without the obsolete octets above ASCII. */
const headerValuePattern = /^[\t -~]*$/;

const headerCountMax = 50;
/** With ours well below the 16 KiB that receivers commonly accept. */
const headerCharactersMax = 8000;

/** Returns the errors of custom headers. */
export function checkHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  const entries = Object.entries(headers);
  const wrong = entries.flatMap(([name, value]) => {
    if (!headerNamePattern.test(name))
      return [`${JSON.stringify(name)} is not a valid header name: use letters, digits, - and _`];
    if (isReservedHeader(name)) return [`${name} is set by Bellwire`];
    return headerValuePattern.test(value) ? [] : [`${name} has an invalid value: use printable ASCII, spaces and tabs`];
  });
  const names = new Set(entries.map(([name]) => name.toLowerCase()));
  if (names.size < entries.length) wrong.push("contains the same name twice");
  if (entries.length > headerCountMax) wrong.push(`has more than ${headerCountMax} headers`);
  if (entries.join("").length > headerCharactersMax)
    wrong.push(`is longer than ${headerCharactersMax} characters in all`);
  return wrong;
}

export interface TargetRules {
  readonly allowed: AllowedTargets;
  readonly lookup: Lookup;
  /** Deliveries to our own bins do not use the network, so they need no permission. */
  readonly isOwnBin: (url: URL) => boolean;
  readonly hideAddress?: HideAddress;
}

const invalidUrl = "Must be a valid URL such as http://example.com";

/** Returns the error of a URL. Accepts a name that does not resolve, because it may later. */
export async function checkEndpointUrl(url: string, rules: TargetRules): Promise<string | undefined> {
  const parsed = parseEndpointUrl(url);
  if (!parsed) return invalidUrl;
  if (rules.isOwnBin(parsed)) return undefined;
  const target = await resolveTarget(parsed.hostname, rules);
  if (!("forbidden" in target)) return undefined;
  if (rules.hideAddress) {
    rules.hideAddress({ hostname: parsed.hostname, address: target.forbidden });
    return `${parsed.hostname} leads to an address that is not allowed`;
  }
  const leads = parsed.hostname === target.forbidden ? "Leads" : `${parsed.hostname} leads`;
  if (target.isDenied) return `${leads} to ${target.forbidden}, which the setting BELLWIRE_DENIED_TARGETS denies`;
  return (
    `${leads} to ${target.forbidden}, which is not a public address. ` +
    "The operator can allow it with the setting BELLWIRE_ALLOWED_TARGETS"
  );
}

/** Parses an absolute http or https URL. The failure list shows it in XML, so it must be text that XML allows. */
function parseEndpointUrl(url: string): URL | undefined {
  const parsed = isXmlText(url) && /^https?:\/\/[^/\\\s][^\s]*$/i.test(url) ? URL.parse(url) : null;
  return parsed && parsed.port !== "0" && mayBeHost(parsed.hostname) ? parsed : undefined;
}

const hostLengthMax = 253;

/** Returns false for names that no name server can have (RFC 1035 §2.3.4), so they will not resolve later either. */
function mayBeHost(hostname: string): boolean {
  const labels = hostname.replace(/\.$/, "").split(".");
  return (
    hostname.startsWith("[") ||
    (hostname.length <= hostLengthMax && labels.every((label) => label.length >= 1 && label.length <= 63))
  );
}

/** 3scale's limit for its webhook, and a common one for the others. */
const urlLengthMax = (name: string): number => (name === defaultEndpointName ? 255 : 2048);

/** Returns the errors of settings to be saved. `before` are the settings they replace. */
export async function checkEndpoint(
  settings: EndpointSettings,
  before: EndpointSettings | undefined,
  rules: TargetRules,
): Promise<Refused | undefined> {
  const refused: Record<string, readonly string[]> = {};
  const add = (field: string, sentences: readonly (string | undefined)[]): void => {
    const wrong = sentences.filter((sentence) => sentence !== undefined);
    if (wrong.length > 0) refused[field] = wrong;
  };
  add("name", [checkName(settings, before)]);
  add("description", [isXmlText(settings.description ?? "") ? undefined : "contains characters that are not allowed"]);
  add("url", [await checkUrl(settings, before, rules)]);
  add("headers", checkHeaders(settings.headers));
  add("event_types", [checkEventTypes(settings)]);
  add("format", [checkFormat(settings, before)]);
  return Object.keys(refused).length > 0 ? { refused } : undefined;
}

function checkName({ name }: EndpointSettings, before: EndpointSettings | undefined): string | undefined {
  if (isBlank(name)) return "can't be blank";
  // Mails contain it in their subject, which is one line.
  const isLine = isXmlText(name) && !/\p{Cc}/u.test(name);
  if (!isLine && name !== before?.name) return "must be one line of text";
  return before?.name === defaultEndpointName && name !== defaultEndpointName
    ? "can't be changed: 3scale's page and API identify this endpoint by it"
    : undefined;
}

/**
 * An endpoint remains one for a chat program, or for events. The masks of its past requests depend on it, and pending ones of the other
 * kind would be refused.
 */
function checkFormat({ name, format }: EndpointSettings, before: EndpointSettings | undefined): string | undefined {
  const isForChat = isChatFormat(format);
  if (isForChat && name === defaultEndpointName) return "must not be that of a chat program for 3scale's webhook";
  return before && isChatFormat(before.format) !== isForChat
    ? "can't change between events and messages to a chat program: create another endpoint"
    : undefined;
}

function checkEventTypes({ name, eventTypes, format }: EndpointSettings): string | undefined {
  const change = isChatFormat(format) ? eventTypes.find((type) => !isOperational(type)) : undefined;
  if (change) return `must not contain ${change}: chat programs get events about endpoints only`;
  const operational = name === defaultEndpointName ? eventTypes.find(isOperational) : undefined;
  return operational && `must not contain ${operational}: 3scale's webhook gets no events about endpoints`;
}

async function checkUrl(
  { name, url, active, format }: EndpointSettings,
  before: EndpointSettings | undefined,
  rules: TargetRules,
): Promise<string | undefined> {
  // 3scale requires the URL only while its webhook is active, so that a form can be saved half done.
  if (url === "" && name === defaultEndpointName && !active) return undefined;
  // The limit of 3scale's webhook is lower, so an endpoint that becomes it is checked again.
  const isChecked = before?.url === url && urlLengthMax(before.name) <= urlLengthMax(name);
  if (isChecked && (before.active || !active)) return undefined;
  const lengthMax = urlLengthMax(name);
  if (url.length > lengthMax) return `is too long (maximum is ${lengthMax} characters)`;
  if (containsMask({ url, format })) return "Hides a secret behind …: enter the whole URL, or leave it as it was";
  return checkEndpointUrl(url, rules);
}

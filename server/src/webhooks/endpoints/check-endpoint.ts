import { type AllowedTargets, type HideAddress, type Lookup, resolveTarget } from "#platform/network/target-guard.ts";
import { isBlank, isXmlText } from "#platform/xml.ts";
import { type EndpointSettings, type Refused, defaultEndpointName } from "./settings.ts";

/** What the connection, the body and the answer need. */
const reservedNames: ReadonlySet<string> = new Set([
  "accept-encoding", // an answer is kept as it came, and never decompressed
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
]);

/** Ours to set: an endpoint's own headers may not, and could not pretend to be an event of ours, which in CloudEvents has attributes `ce-…`. */
export function isReservedHeader(name: string): boolean {
  const lowerCase = name.toLowerCase();
  return (
    reservedNames.has(lowerCase) ||
    lowerCase.startsWith("webhook-") ||
    lowerCase.startsWith("bellwire-") ||
    lowerCase.startsWith("ce-")
  );
}

const mask = "…";

/**
 * A URL as it may be shown: the values of its query and who signs in with it are secrets. Works on the text, so that
 * what is not a URL is masked too.
 */
export function maskUrl(url: string): string {
  const [before = "", ...afterHash] = url.split("#");
  const fragment = afterHash.length > 0 ? `#${mask}` : "";
  const [address = "", ...queryParts] = before.split("?");
  const shown = address.replace(/^([a-z+.-]*:?\/\/)[^/\\]*@/i, `$1${mask}@`);
  if (queryParts.length === 0) return shown + fragment;
  const parameters = queryParts.join("?").split("&").map(maskParameter);
  return `${shown}?${parameters.join("&")}${fragment}`;
}

/** Whether a mask stands where a secret belongs, as when part of a masked URL is changed and written back. */
export const containsMask = (url: string): boolean => /(?:[?&=#]|\/\/)…(?:[&#@]|$)/.test(url);

function maskParameter(parameter: string): string {
  if (parameter === "") return "";
  const [name, ...value] = parameter.split("=");
  return value.length > 0 ? `${name}=${mask}` : mask;
}

const headerNamePattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 §5.5, without the obsolete octets above ASCII. */
const headerValuePattern = /^[\t -~]*$/;

const headerCountMax = 50;
/** Together with ours well below the 16 KiB that receivers commonly accept. */
const headerCharactersMax = 8000;

/** What is wrong with an endpoint's own headers, as sentences. */
export function checkHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  const entries = Object.entries(headers);
  const wrong = entries.flatMap(([name, value]) => {
    if (!headerNamePattern.test(name))
      return [`${JSON.stringify(name)} is not a header's name: it has letters, digits, - and _`];
    if (isReservedHeader(name)) return [`${name} is set by Bellwire`];
    return headerValuePattern.test(value)
      ? []
      : [`${name} holds characters that a header cannot: it has printable ASCII, blanks and tabs`];
  });
  const names = new Set(entries.map(([name]) => name.toLowerCase()));
  if (names.size < entries.length) wrong.push("has the same name twice");
  if (entries.length > headerCountMax) wrong.push(`has more than ${headerCountMax} headers`);
  if (entries.join("").length > headerCharactersMax)
    wrong.push(`is longer than ${headerCharactersMax} characters in all`);
  return wrong;
}

export interface TargetRules {
  readonly allowed: AllowedTargets;
  readonly lookup: Lookup;
  /** Bins of this installation are delivered to without the network, so they need no permission. */
  readonly isOwnBin: (url: URL) => boolean;
  readonly hideAddress?: HideAddress;
}

const invalidUrl = "Must be a valid URL such as http://example.com";

/** What is wrong with a URL, as a sentence, or nothing. A name that does not resolve now may do so later: it is accepted. */
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
    "Whoever runs Bellwire can allow it with the setting BELLWIRE_ALLOWED_TARGETS"
  );
}

/** An absolute http or https URL, and nothing around it. The failure list shows it in XML, so XML must be able to. */
function parseEndpointUrl(url: string): URL | undefined {
  const parsed = isXmlText(url) && /^https?:\/\/[^/\s][^\s]*$/i.test(url) ? URL.parse(url) : null;
  return parsed && parsed.port !== "0" && mayBeHost(parsed.hostname) ? parsed : undefined;
}

const hostLengthMax = 253;

/** Of what no name server can ever have (RFC 1035 §2.3.4), it is known that it will not come up later. */
function mayBeHost(hostname: string): boolean {
  const labels = hostname.replace(/\.$/, "").split(".");
  return (
    hostname.startsWith("[") ||
    (hostname.length <= hostLengthMax && labels.every((label) => label.length >= 1 && label.length <= 63))
  );
}

/** 3scale's limit for its webhook, and a common one for the others. */
const urlLengthMax = (name: string): number => (name === defaultEndpointName ? 255 : 2048);

/** What is wrong with settings that are to be saved, or nothing. `before` are those that they replace. */
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
  return Object.keys(refused).length > 0 ? { refused } : undefined;
}

function checkName({ name }: EndpointSettings, before: EndpointSettings | undefined): string | undefined {
  if (isBlank(name)) return "can't be blank";
  // It stands in the subjects of mails, which are lines.
  const isLine = isXmlText(name) && !/\p{Cc}/u.test(name);
  if (!isLine && name !== before?.name) return "must be one line, without characters that no text has";
  return before?.name === defaultEndpointName && name !== defaultEndpointName
    ? "can't be changed: 3scale's page and API know this endpoint by it"
    : undefined;
}

async function checkUrl(
  { name, url, active }: EndpointSettings,
  before: EndpointSettings | undefined,
  rules: TargetRules,
): Promise<string | undefined> {
  // 3scale demands its webhook's URL only while it is active, so that a form can be saved half done.
  if (url === "" && name === defaultEndpointName && !active) return undefined;
  if (before?.url === url && (before.active || !active)) return undefined;
  const lengthMax = urlLengthMax(name);
  if (url.length > lengthMax) return `is too long (maximum is ${lengthMax} characters)`;
  if (containsMask(url)) return "Hides a secret behind …: enter the whole URL, or leave it as it was";
  return checkEndpointUrl(url, rules);
}

import { isBlank } from "#platform/document/plain-text.ts";
import { isXmlText } from "#platform/document/xml-text.ts";
import { checkEndpointUrl, type TargetRules } from "./check-endpoint-url.ts";
import { checkHeaders } from "./check-headers.ts";
import { containsMask } from "./mask-url.ts";
import { defaultEndpointName, type EndpointSettings, type Refused } from "./endpoint.ts";

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

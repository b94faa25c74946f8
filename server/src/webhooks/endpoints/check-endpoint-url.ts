import { isXmlText } from "#platform/document/xml-text.ts";
import type { AllowedTargets } from "#platform/network/allowed-targets.ts";
import { resolveTarget, type HideAddress, type Lookup } from "#platform/network/resolve-target.ts";

export interface TargetRules {
  readonly allowed: AllowedTargets;
  readonly lookup: Lookup;
  /** Bins of this installation are delivered to without the network, so they need no permission. */
  readonly isOwnBin: (url: URL) => boolean;
  readonly hideAddress?: HideAddress;
}

const invalid = "Must be a valid URL such as http://example.com";

/** What is wrong with a URL, as a sentence, or nothing. A name that does not resolve now may do so later: it is accepted. */
export async function checkEndpointUrl(url: string, rules: TargetRules): Promise<string | undefined> {
  const parsed = parseEndpointUrl(url);
  if (!parsed) return invalid;
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

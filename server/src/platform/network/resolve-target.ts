import { isIP } from "node:net";
import type { AllowedTargets } from "./allowed-targets.ts";
import { isGlobalUnicast } from "./is-global-unicast.ts";

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Returns every address of a name. Rejects with an error that has a `code`, such as `ENOTFOUND`. */
export type Lookup = (hostname: string) => Promise<readonly Address[]>;

export type ResolvedTarget =
  /** Where to connect to, the first of `addresses`: all of them were judged, and no other may be used. */
  | (Address & { readonly addresses: readonly Address[] })
  /** `isDenied`: by the operator's list of denied blocks. Otherwise the address is neither public nor allowed. */
  | { readonly forbidden: string; readonly isDenied: boolean }
  | { readonly unresolvable: string };

/**
 * Keeps forbidden addresses from tenants: they would learn the private address behind a name that the operator's network
 * resolves. The operator's log gets it instead. Undefined where whoever reads a refusal runs the installation.
 */
export type HideAddress = ((target: { readonly hostname: string; readonly address: string }) => void) | undefined;

/**
 * Resolves a URL's `hostname` once and judges every answer: a name with one forbidden address is forbidden, so that it
 * cannot be tried until the right one comes up.
 */
export async function resolveTarget(
  hostname: string,
  { allowed, lookup }: { readonly allowed: AllowedTargets; readonly lookup: Lookup },
): Promise<ResolvedTarget> {
  const addresses = await addressesOf(hostname, lookup);
  if ("unresolvable" in addresses) return addresses;
  for (const { address } of addresses) {
    const isDenied = allowed.denies(address);
    if (isDenied || (!isGlobalUnicast(address) && !allowed.includes(address))) return { forbidden: address, isDenied };
  }
  const [first] = addresses;
  return first ? { ...first, addresses } : { unresolvable: "ENOTFOUND" };
}

async function addressesOf(
  hostname: string,
  lookup: Lookup,
): Promise<readonly Address[] | { readonly unresolvable: string }> {
  const address = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  const family = isIP(address);
  if (family !== 0) return [{ address, family: family === 6 ? 6 : 4 }];
  try {
    return await lookup(hostname);
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "string")
      return { unresolvable: error.code };
    throw error;
  }
}

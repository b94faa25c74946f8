import { BlockList, isIP } from "node:net";
import { embeddedIpv4, isGlobalUnicast } from "./ip-addresses.ts";

/** Addresses that may be reached although they are not public. */
export interface AllowedTargets {
  /** The configured texts, for messages. */
  readonly blocks: readonly string[];
  includes(address: string): boolean;
  /** Returns whether the address, or the IPv4 address that it embeds, is denied even if it is public or allowed. */
  denies(address: string): boolean;
}

/** Parses `127.0.0.0/8,::1/128`. A single address is a block of one, `none` is an empty list. Returns all errors at once. */
export function parseAllowedTargets(text: string, deniedText = "none"): AllowedTargets | { readonly wrong: string } {
  const allowed = parseBlocks(text);
  const denied = parseBlocks(deniedText);
  const wrong = [...allowed.wrong, ...denied.wrong];
  if (wrong.length > 0) return { wrong: wrong.join("; ") };
  return {
    blocks: allowed.blocks,
    includes: (address) => isIn(allowed.list, address),
    denies(address) {
      const embedded = embeddedIpv4(address);
      return isIn(denied.list, address) || (embedded !== undefined && isIn(denied.list, embedded));
    },
  };
}

function parseBlocks(text: string) {
  const blocks = text.trim() === "none" ? [] : text.split(",").map((block) => block.trim());
  const list = new BlockList();
  const wrong = blocks.map((block) => addBlock(list, block)).filter((problem) => problem !== undefined);
  return { blocks, list, wrong };
}

function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** Adds `10.0.0.0/8` or `::1`. Returns the error of an invalid block. */
function addBlock(list: BlockList, block: string): string | undefined {
  if (block === "") return `a block is missing: write CIDR blocks separated by commas, or "none"`;
  const [address = "", bitsText, ...rest] = block.split("/");
  const family = isIP(address);
  if (family === 0 || address.includes("%") || rest.length > 0) {
    return `"${block}" is not a CIDR block like 10.0.0.0/8 or fd00::/8`;
  }
  const bitsMax = family === 6 ? 128 : 32;
  const bits = bitsText === undefined ? bitsMax : /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Number.NaN;
  if (!(bits <= bitsMax)) return `"${block}": use a whole number from 0 to ${bitsMax} after the slash`;
  list.addSubnet(address, bits, family === 6 ? "ipv6" : "ipv4");
  return undefined;
}

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
 * resolves. The operator's log gets it instead. Undefined if readers of a refusal are operators.
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

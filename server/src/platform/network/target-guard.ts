import { BlockList, isIP, isIPv6 } from "node:net";

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

/**
 * Addresses that the IANA special-purpose registries do not list as globally reachable, or that are not unicast:
 * https://www.iana.org/assignments/iana-ipv4-special-registry and …/ipv6-special-registry. The few anycast addresses
 * inside 192.0.0.0/24 and 2001::/23 that are reachable belong to no receiver, so those blocks are refused whole.
 */
const ipv4NotGlobal = [
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8], // private use
  ["100.64.0.0", 10], // shared address space (carrier-grade NAT)
  ["127.0.0.0", 8], // loopback
  ["169.254.0.0", 16], // link local, where clouds keep their metadata
  ["172.16.0.0", 12], // private use
  ["192.0.0.0", 24], // IETF protocol assignments
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relay anycast, given up
  ["192.168.0.0", 16], // private use
  ["198.18.0.0", 15], // benchmarking
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, and broadcast
] as const;

/**
 * IPv6 hands out unicast addresses from 2000::/3 only, so everything outside of it is refused without being listed:
 * unspecified, loopback, IPv4-compatible, 64:ff9b:1::/48, discard-only, unique local, link and site local, multicast.
 */
const ipv6NotGlobal = [
  ["2001::", 23], // IETF protocol assignments: Teredo, benchmarking, ORCHID
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4: leads to the IPv4 address within
  ["3fff::", 20], // documentation
] as const;

/** Prefixes of IPv6 that stand for the IPv4 address in their last 32 bits: IPv4-mapped, and NAT64 (RFC 6052). */
const ipv4Within = ["::ffff:", "64:ff9b::"] as const;

const unicast = new BlockList();
const notGlobal = new BlockList();
const embedding = new BlockList();

unicast.addSubnet("2000::", 3, "ipv6");
for (const prefix of ipv4Within)
  for (const list of [unicast, embedding]) list.addSubnet(`${prefix}0.0.0.0`, 96, "ipv6");
for (const [address, bits] of ipv6NotGlobal) notGlobal.addSubnet(address, bits, "ipv6");
for (const [address, bits] of ipv4NotGlobal) {
  notGlobal.addSubnet(address, bits, "ipv4");
  for (const prefix of ipv4Within) notGlobal.addSubnet(`${prefix}${address}`, 96 + bits, "ipv6");
}

/** Returns whether the address belongs to one host of the public internet. False for an invalid address or one with a zone. */
export function isGlobalUnicast(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !notGlobal.check(address, "ipv4");
    case 6:
      return (
        !address.includes("%") &&
        unicast.check(address, "ipv6") &&
        !notGlobal.check(address, "ipv6") &&
        isGlobalUnicast(embeddedIpv4(address) ?? anyGlobal)
      );
    default:
      return false;
  }
}

/** Stands for the embedded address that most addresses of IPv6 do not have. */
const anyGlobal = "1.1.1.1";

/** The interface identifiers of ISATAP (RFC 5214, section 6.1): 0000:5efe or 0200:5efe, and then an IPv4 address. */
const isatap = { second: 0x5efe, firstMask: 0xfcff };

/** Returns the IPv4 address that an IPv6 address leads to: IPv4-mapped, NAT64 or ISATAP. Undefined if it has none. */
function embeddedIpv4(address: string): string | undefined {
  if (isIP(address) !== 6 || address.includes("%")) return undefined;
  const groups = groupsOf(address).map((group) => Number.parseInt(group, 16));
  const [high = 0, low = 0] = groups.slice(6);
  const isIsatap = ((groups[4] ?? 0) & isatap.firstMask) === 0 && groups[5] === isatap.second;
  if (!isIsatap && !embedding.check(address, "ipv6")) return undefined;
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}

/** Returns the eight groups of an IPv6 address, in lower case and without leading zeros. */
function groupsOf(address: string): readonly string[] {
  // Writes it as browsers do: without dots, with one gap at most.
  const [before = "", after = ""] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::", 2);
  const [first = [], last = []] = [before, after].map((part) => (part === "" ? [] : part.split(":")));
  const gap = Array.from({ length: 8 - first.length - last.length }, () => "0");
  return [...first, ...gap, ...last];
}

interface Network {
  readonly network: string;
  /** How many times the attempts of a single household it may make. */
  readonly factor: number;
}

/** Prefixes that providers assign as a whole: to a household or machine, a customer, a site. */
const prefixes = [
  { length: 64, factor: 1 },
  { length: 56, factor: 4 },
  { length: 48, factor: 16 },
] as const;

/**
 * The networks that one attacker can be expected to have whole, smallest first: an IPv4 address, or the /64, the /56 and the
 * /48 of an IPv6 address. An IPv4 address that is written as IPv6 is the IPv4 address.
 */
export function networksOf(address: string): readonly Network[] {
  const groups = addressGroups(address);
  if (typeof groups === "string") return [{ network: groups, factor: 1 }];
  return prefixes.map(({ length, factor }) => ({ network: prefixOf(groups, length), factor }));
}

/** The smallest of them. */
export const smallestNetwork = (address: string): string => networksOf(address)[0]?.network ?? address;

/** Returns an address of `X-Forwarded-For`, or of a socket, without its port and zone. Some proxies add the client's port. */
export function plainAddress(address: string): string {
  const [, bracketed, ipv4] = /^\[(.*)\](?::\d+)?$|^([\d.]+):\d+$/.exec(address) ?? [];
  const [plain = ""] = (bracketed ?? ipv4 ?? address).split("%", 1);
  return plain;
}

/** The eight groups of an IPv6 address, or the IPv4 address. */
function addressGroups(address: string): readonly string[] | string {
  const plain = plainAddress(address);
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain) ?? [];
  if (mapped !== undefined) return mapped;
  return isIPv6(plain) ? groupsOf(plain) : plain;
}

/** `2001:db8:1:200::/56`. */
function prefixOf(groups: readonly string[], length: number): string {
  const prefix = groups.slice(0, Math.ceil(length / 16));
  const bits = length % 16;
  if (bits > 0) {
    const last = Number.parseInt(prefix.at(-1) ?? "0", 16) & (0xffff << (16 - bits));
    prefix[prefix.length - 1] = (last & 0xffff).toString(16);
  }
  return `${prefix.join(":")}::/${length}`;
}

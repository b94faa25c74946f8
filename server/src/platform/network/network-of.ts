import { isIPv6 } from "node:net";

interface Network {
  readonly network: string;
  /** How many times the attempts of a single household it may make. */
  readonly factor: number;
}

/** What providers hand out whole: to a household or a machine, to a customer, to a site. */
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
  const groups = groupsOf(address);
  if (typeof groups === "string") return [{ network: groups, factor: 1 }];
  return prefixes.map(({ length, factor }) => ({ network: prefixOf(groups, length), factor }));
}

/** The smallest of them. */
export const networkOf = (address: string): string => networksOf(address)[0]?.network ?? address;

/** The eight groups of an IPv6 address, or the IPv4 address. */
function groupsOf(address: string): readonly string[] | string {
  const [plain = ""] = address.split("%", 1); // without the zone
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain) ?? [];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain;
  // As browsers write it: in lower case, without leading zeros, without dots.
  const written = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [before = "", after = ""] = written.split("::", 2);
  const [first, last] = [before, after].map((part) => (part === "" ? [] : part.split(":")));
  const gap = written.includes("::") ? 8 - (first?.length ?? 0) - (last?.length ?? 0) : 0;
  return [...(first ?? []), ...Array.from({ length: gap }, () => "0"), ...(last ?? [])];
}

/** `2001:db8:1:200::/56`. */
function prefixOf(groups: readonly string[], length: number): string {
  const kept = groups.slice(0, Math.ceil(length / 16));
  const bits = length % 16;
  if (bits > 0) {
    const last = Number.parseInt(kept.at(-1) ?? "0", 16) & (0xffff << (16 - bits));
    kept[kept.length - 1] = (last & 0xffff).toString(16);
  }
  return `${kept.join(":")}::/${length}`;
}

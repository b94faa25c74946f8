import { isIPv6 } from "node:net";

const groupsOfNetwork = 4;

/**
 * The network that one attacker can be expected to have whole: an IPv4 address, or the /64 of an IPv6 address, in which every
 * household picks addresses as it likes. An IPv4 address that is written as IPv6 is the IPv4 address.
 */
export function networkOf(address: string): string {
  const [plain = ""] = address.split("%", 1); // without the zone
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain) ?? [];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain;
  // As browsers write it: in lower case, without leading zeros, without dots.
  const written = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [before = "", after = ""] = written.split("::", 2);
  const [first, last] = [before, after].map((part) => (part === "" ? [] : part.split(":")));
  const gap = written.includes("::") ? 8 - (first?.length ?? 0) - (last?.length ?? 0) : 0;
  const groups = [...(first ?? []), ...Array.from({ length: gap }, () => "0"), ...(last ?? [])];
  return `${groups.slice(0, groupsOfNetwork).join(":")}::/64`;
}

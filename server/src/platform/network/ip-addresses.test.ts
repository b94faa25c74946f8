import fc from "fast-check";
import { expect, test } from "vitest";
import { isGlobalUnicast, networksOf, smallestNetwork } from "./target-guard.ts";

test.each([
  "1.1.1.1",
  "9.255.255.255",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "192.0.1.0",
  "198.17.255.255",
  "198.20.0.0",
  "223.255.255.255",
  "2606:4700:4700::1111",
  "2001:200::1",
  "2a00:1450:4001:81c::200e",
  "3fff:1000::1",
  "::ffff:8.8.8.8",
  "64:ff9b::8.8.8.8",
  "2a00:1450:4001:81c:0:5efe:8.8.8.8",
  "2a00:1450:4001:81c:200:5efe:808:808",
  "2a00:1450:4001:81c:0:5eff:10.0.0.1",
])("%s is a public address", (address) => {
  expect(isGlobalUnicast(address)).toBe(true);
});

test.each([
  "0.0.0.0",
  "0.1.2.3",
  "10.1.2.3",
  "100.64.0.1",
  "100.127.255.255",
  "127.0.0.1",
  "127.255.255.254",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.9",
  "192.0.2.1",
  "192.88.99.1",
  "192.168.0.1",
  "198.18.0.1",
  "198.19.255.255",
  "198.51.100.7",
  "203.0.113.7",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
])("%s is not a public address", (address) => {
  expect(isGlobalUnicast(address)).toBe(false);
});

test.each([
  ["unspecified", "::"],
  ["loopback", "::1"],
  ["IPv4-compatible", "::8.8.8.8"],
  ["IPv4-translated", "::ffff:0:8.8.8.8"],
  ["IPv4-mapped loopback", "::ffff:127.0.0.1"],
  ["IPv4-mapped, written in hexadecimal", "::ffff:a9fe:a9fe"],
  ["NAT64 of a private address", "64:ff9b::10.0.0.1"],
  ["NAT64 for local use", "64:ff9b:1::8.8.8.8"],
  ["discard only", "100::1"],
  ["Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
  ["ORCHID", "2001:20::1"],
  ["documentation", "2001:db8::1"],
  ["documentation, the newer block", "3fff::1"],
  ["6to4", "2002:7f00:1::"],
  ["6to4 of a public address", "2002:808:808::1"],
  ["segment routing", "5f00::1"],
  ["unique local", "fd12:3456::1"],
  ["link local", "fe80::1"],
  ["link local with its zone", "fe80::1%eth0"],
  ["a zone on a public address", "2606::1%eth0"],
  ["ISATAP of a private address", "2a00:1450:4001:81c:0:5efe:10.0.0.1"],
  ["ISATAP of loopback, with the global bit", "2a00:1450:4001:81c:200:5efe:7f00:1"],
  ["ISATAP with a gap", "2a00:1450::5efe:192.168.1.1"],
  ["site local", "fec0::1"],
  ["multicast", "ff02::1"],
  ["unallocated", "4000::1"],
])("the %s IPv6 address %s is not public", (_kind, address) => {
  expect(isGlobalUnicast(address)).toBe(false);
});

test.each(["", "example.com", "1.1.1", "0x7f.1", "2130706433", "1.1.1.1/32", " 1.1.1.1", "[::1]"])(
  "the text %o is not a public address",
  (text) => {
    expect(isGlobalUnicast(text)).toBe(false);
  },
);

const ipv4 = fc.ipV4();
const hex = (part: string | undefined): string => Number(part).toString(16);
const inGroups = (address: string): string => {
  const [a, b, c, d] = address.split(".");
  return `${hex(a)}${hex(b).padStart(2, "0")}:${hex(c)}${hex(d).padStart(2, "0")}`;
};

test("an IPv4 address and its IPv6 embeddings have the same classification", () => {
  fc.assert(
    fc.property(ipv4, (address) => {
      const isPublic = isGlobalUnicast(address);
      for (const within of [address, inGroups(address)]) {
        expect(isGlobalUnicast(`::ffff:${within}`)).toBe(isPublic);
        expect(isGlobalUnicast(`0:0:0:0:0:FFFF:${within}`)).toBe(isPublic);
        expect(isGlobalUnicast(`64:ff9b::${within}`)).toBe(isPublic);
        expect(isGlobalUnicast(`2a00:1450::5efe:${within}`)).toBe(isPublic);
      }
    }),
  );
});

test("no IPv6 address outside 2000::/3 is public, unless it embeds a public IPv4 address", () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const first = Number.parseInt(address.split(":")[0] || "0", 16);
      const carriesIpv4 = /^(64:ff9b:|::ffff:|(0+:){5}ffff:)/i.test(address);
      fc.pre(first >> 13 !== 1 && !carriesIpv4);
      expect(isGlobalUnicast(address)).toBe(false);
    }),
  );
});

test.for<[string, string]>([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["::FFFF:203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::1", "2001:db8:1:2::/64"],
  ["2001:db8::7", "2001:db8:0:0::/64"],
  ["2001:db8::1:2:3:4:5", "2001:db8:0:1::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["1::", "1:0:0:0::/64"],
  ["", ""],
])("%s belongs to the network %s", ([address, network]) => {
  expect(smallestNetwork(address)).toBe(network);
});

test("an IPv6 address belongs to a /64, a /56 and a /48, and an IPv4 address is its own network", () => {
  const names = (address: string): string[] => networksOf(address).map(({ network, factor }) => `${network} ${factor}`);
  expect(names("2001:db8:1:2fe::1")).toEqual(["2001:db8:1:2fe::/64 1", "2001:db8:1:200::/56 4", "2001:db8:1::/48 16"]);
  expect(names("2001:db8::7")).toEqual(["2001:db8:0:0::/64 1", "2001:db8:0:0::/56 4", "2001:db8:0::/48 16"]);
  expect(names("203.0.113.7")).toEqual(["203.0.113.7 1"]);
  expect(names("203.0.113.7:50123")).toEqual(names("203.0.113.7"));
  expect(names("[2001:db8::7]:50123")).toEqual(names("2001:db8::7"));
});

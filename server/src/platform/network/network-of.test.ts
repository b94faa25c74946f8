import { expect, test } from "vitest";
import { networkOf, networksOf } from "./network-of.ts";

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
])("%s is of the network %s", ([address, network]) => {
  expect(networkOf(address)).toBe(network);
});

test("an IPv6 address is in a /64, a /56 and a /48, and an IPv4 address is a network of its own", () => {
  const names = (address: string): string[] => networksOf(address).map(({ network, factor }) => `${network} ${factor}`);
  expect(names("2001:db8:1:2fe::1")).toEqual(["2001:db8:1:2fe::/64 1", "2001:db8:1:200::/56 4", "2001:db8:1::/48 16"]);
  expect(names("2001:db8::7")).toEqual(["2001:db8:0:0::/64 1", "2001:db8:0:0::/56 4", "2001:db8:0::/48 16"]);
  expect(names("203.0.113.7")).toEqual(["203.0.113.7 1"]);
});

import { expect, test } from "vitest";
import { providerUrls } from "./addresses.ts";

const acme = { subdomain: "acme" };

test("without a base domain both portals are at the public URL", () => {
  const urls = providerUrls("http://localhost:3000", undefined);
  expect(urls.developerPortal(acme)).toBe("http://localhost:3000");
  expect(urls.adminPortal(acme)).toBe("http://localhost:3000");
});

test("with a base domain each provider has two hosts with the public URL's scheme and port", () => {
  const urls = providerUrls("https://bellwire.example:8443", "example.com");
  expect(urls.developerPortal(acme)).toBe("https://acme.example.com:8443");
  expect(urls.adminPortal(acme)).toBe("https://acme-admin.example.com:8443");
});

test.each([
  ["http://localhost:3000", "http://localhost:3000/bins/x?y=1", true],
  ["http://localhost:3000", "http://localhost:3001/bins/x", false],
  ["http://localhost:3000", "http://localhost.evil.example:3000/bins/x", false],
  ["https://x.example", "https://acme.example.com/bins/x", true],
  ["https://x.example", "https://acme.example.com:1/bins/x", false],
  ["https://x.example", "https://evilexample.com/bins/x", false],
])("with the public URL %s, the URL %s belongs to the installation: %s", (publicUrl, url, isOurs) => {
  expect(providerUrls(publicUrl, "example.com").isOurs(new URL(url))).toBe(isOurs);
});

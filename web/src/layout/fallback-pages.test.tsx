import { expect, onTestFinished, test, vi } from "vitest";
import { ServerAway } from "../api/api-problem.ts";
import { mount } from "../testing/in-portal.tsx";
import { PageBroken, loadPage } from "./fallback-pages.tsx";

const lost = new TypeError("Failed to fetch dynamically imported module");

function serverAnswers(answer: () => Promise<Response>): void {
  vi.stubGlobal("fetch", answer);
  onTestFinished(() => void vi.unstubAllGlobals());
}

test("a page file that fails to load while the server is unreachable is reported as ServerAway", async () => {
  serverAnswers(() => Promise.reject(new TypeError("Failed to fetch")));
  await expect(loadPage(() => Promise.reject(lost))).rejects.toBeInstanceOf(ServerAway);
});

test("a failed load of a replaced page file is rethrown, so the router loads the new release", async () => {
  serverAnswers(async () => new Response("<svg/>"));
  await expect(loadPage(() => Promise.reject(lost))).rejects.toBe(lost);
});

test("every page's file is loaded so that its absence while the server is unreachable is recognised", () => {
  const sources = import.meta.glob<string>("../router.tsx", { query: "?raw", import: "default", eager: true });
  const routerSource = Object.values(sources).join("");
  const files = routerSource.match(/import\("\.\/pages\//g)?.length;
  expect(files).toBeGreaterThan(0);
  expect(routerSource.match(/\blazyPage\(\s*\(\) => import\("\.\/pages\//g)?.length).toBe(files);
});

test("a page with a defect says so, and does not wait for the server", () => {
  const shown = (error: unknown) => mount(<PageBroken error={error} />).textContent;
  expect(shown(new TypeError("undefined has no properties"))).toContain("This page failed to load");
  expect(shown(new ServerAway())).toContain("The server cannot be reached");
});

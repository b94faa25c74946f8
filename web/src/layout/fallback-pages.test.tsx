import { expect, onTestFinished, test, vi } from "vitest";
import { ServerAway } from "../api/api-problem.ts";
import { loadPage } from "./fallback-pages.tsx";

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

import { expect, onTestFinished, test, vi } from "vitest";
import { ServerAway } from "../api/api-problem.ts";
import { loadPage } from "./fallback-pages.tsx";

const lost = new TypeError("Failed to fetch dynamically imported module");

function serverAnswers(answer: () => Promise<Response>): void {
  vi.stubGlobal("fetch", answer);
  onTestFinished(() => void vi.unstubAllGlobals());
}

test("a page's file that cannot be fetched while the server is away is reported as such, and not as a defect", async () => {
  serverAnswers(() => Promise.reject(new TypeError("Failed to fetch")));
  await expect(loadPage(() => Promise.reject(lost))).rejects.toBeInstanceOf(ServerAway);
});

test("a page's file that a release replaced is reported as it failed, so that the router loads the new release", async () => {
  serverAnswers(async () => new Response("<svg/>"));
  await expect(loadPage(() => Promise.reject(lost))).rejects.toBe(lost);
});

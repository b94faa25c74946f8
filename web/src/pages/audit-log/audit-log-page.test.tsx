import { expect, test } from "vitest";
import { choose, click, search } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { describeAction, describeDetail, describeSubject, subjectPath } from "./audit-log-page.tsx";

test("an action and its subject are described in words", () => {
  expect(describeAction("endpoint.secret_rotated")).toBe("Endpoint secret rotated");
  expect(describeAction("plan-request.declined")).toBe("Plan request declined");
  expect(describeAction("api_specification.created")).toBe("API specification created");
  expect(describeAction("sso-token.created")).toBe("SSO token created");
  expect(describeSubject("fields-definition/3")).toBe("Fields definition 3");
  expect(describeSubject("failures")).toBe("Failures");
  expect(describeSubject("provider-user/5")).toBe("Team member 5");
  expect(describeSubject("provider/893514744280898")).toBe("Provider");
});

test("only a subject with a page is a link", () => {
  expect(subjectPath("endpoint/3")).toBe("/endpoints/3");
  expect(subjectPath("delivery/019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33.5")).toBe(
    "/deliveries/019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33.5",
  );
  expect(subjectPath("token/8")).toBeUndefined();
  expect(subjectPath("failures")).toBeUndefined();
});

test("details are described by name, including lists and nested values", () => {
  expect(describeDetail({ changed: ["isDefault", "name"], eventTypes: [] }, "UTC")).toEqual([
    "changed: isDefault, name",
  ]);
  expect(describeDetail({ timeoutSeconds: 5, maxInFlight: null, active: false }, "UTC")).toEqual([
    "timeout seconds: 5",
    "max in flight: none",
    "active: false",
  ]);
  expect(describeDetail({ filter: { endpointId: 5, until: "2026-03-01" } }, "UTC")).toEqual([
    "filter: endpoint id: 5; until: 2026-03-01",
  ]);
});

test("times are in the provider's time zone, and the objects of a job are named", () => {
  const detail = { of: "events", until: "2026-11-28T02:29:52.994Z" };
  expect(describeDetail(detail, "Europe/Madrid")).toEqual(["objects: events", "until: 28 Nov 2026, 03:29:52 CET"]);
});

test("the products of a member are described as all, some or none", () => {
  expect(describeDetail({ role: "member", serviceIds: null }, "UTC")).toEqual(["role: member", "products: all"]);
  expect(describeDetail({ serviceIds: [3, 5] }, "UTC")).toEqual(["products: 3, 5"]);
  expect(describeDetail({ serviceIds: [] }, "UTC")).toEqual(["products: none"]);
});

const record = {
  id: 1,
  at: "2026-03-01T09:00:00Z",
  actor: { kind: "admin", user_id: 5, username: "mia" },
  action: "endpoint.changed",
  subject: "endpoint/3",
  detail: { changed: ["url"] },
};

const server: Server = {
  "GET /api/v1/audit_records": ({ query }) => [200, { data: query.has("q") ? [] : [record], next: null }],
  "GET /admin/api/users.json": () => [200, { users: [{ user: { id: 5, username: "mia" } }] }],
};

test("the audit log is filtered by text, object and colleague, with or without an access token", async () => {
  const page = showPage("/audit-log?subject=endpoint/3", server);
  const asked = (): string | undefined => page.askedFor("GET /api/v1/audit_records").at(-1)?.query.toString();
  await says("1 action");
  const object = document.querySelector<HTMLSelectElement>("select[aria-label=Object]");
  const label = [...(object?.options ?? [])].find(({ value }) => value === object?.value)?.textContent;
  expect(label).toBe("Endpoint 3");
  await choose("Object", "plan");
  await choose("By", "admin:5,token:5");
  await waitFor(() => expect(page.address()).toBe("/audit-log?subject=plan&actor=admin:5,token:5"));
  await waitFor(() => expect(asked()).toBe("limit=50&subject=plan&actor=admin%3A5&actor=token%3A5"));
  const link = document.querySelector("a[download]");
  expect(link?.getAttribute("href")).toBe(
    "/api/v1/audit_records/export?format=csv&byte_order_mark=true&subject=plan&actor=admin%3A5&actor=token%3A5",
  );
  await search("url");
  await says("No action matches these filters.");
  expect(asked()).toBe("limit=50&q=url&subject=plan&actor=admin%3A5&actor=token%3A5");
});

test("an endpoint is named by its name and linked, and a deleted one by its id without a link", async () => {
  showPage("/audit-log?subject=endpoint/3", {
    ...server,
    "GET /api/v1/endpoints": () => [200, { data: [{ id: 3, name: "CRM" }], next: null }],
    "GET /api/v1/audit_records": () => [
      200,
      { data: [record, { ...record, id: 2, subject: "endpoint/4" }], next: null },
    ],
  });
  await says("Endpoint 4 (deleted)");
  const links = [...document.querySelectorAll("td a")].map((link) => [link.textContent, link.getAttribute("href")]);
  expect(links).toEqual([["Endpoint CRM", "/endpoints/3"]]);
  const object = document.querySelector<HTMLSelectElement>("select[aria-label=Object]");
  expect([...(object?.options ?? [])].find(({ value }) => value === "endpoint/3")?.textContent).toBe("Endpoint CRM");
});

test("a search of the audit log that has found nothing so far can be continued, and shows no number", async () => {
  const unfinished = { data: [], next: "9", searched_until: "2026-03-01T09:00:00.000Z" };
  showPage("/audit-log?q=url", {
    ...server,
    "GET /api/v1/audit_records": ({ query }) => [200, query.has("after") ? { data: [record], next: null } : unfinished],
  });
  await says("No matches so far");
  await says("Searched back to 1 Mar 2026");
  expect(shown()).not.toContain("The newest");
  await click("Search further back");
  await says("1 action");
});

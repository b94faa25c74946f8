import { expect, test } from "vitest";
import { describeAction, describeDetail, describeSubject, subjectPath } from "./audit-log-page.tsx";

test("an action and its subject are described in words", () => {
  expect(describeAction("endpoint.secret_rotated")).toBe("Endpoint secret rotated");
  expect(describeAction("plan-request.declined")).toBe("Plan request declined");
  expect(describeSubject("fields-definition/3")).toBe("Fields definition 3");
  expect(describeSubject("failures")).toBe("Failures");
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

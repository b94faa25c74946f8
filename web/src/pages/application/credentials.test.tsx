import { expect, test } from "vitest";
import { type Answer, click, fill, rejection, showInPortal } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { KeyList } from "./credentials.tsx";

const at = "accounts/4/applications/8/keys";
const keysOf = (...values: string[]): Answer => [200, { keys: values.map((value) => ({ key: { value } })) }];

function show(keys: readonly string[], application = {}) {
  const answers: Record<string, Answer> = { [`GET ${at}`]: keysOf(...keys) };
  const applicationKey = { accountId: 4, id: 8 };
  return {
    answers,
    ...showInPortal(<KeyList applicationKey={applicationKey} application={application} />, { answers }),
  };
}

const page = () => document.body.textContent;
const dialog = () => document.querySelector("[role=dialog]");

test("the confirmed key is deleted or replaced, and the list is refreshed", async () => {
  const { answers, changes } = show(["k-one", "k-two"]);
  answers["POST applications/8/regenerate_key"] = [204, undefined];
  answers[`DELETE ${at}/k-one`] = [200, {}];
  await click("Regenerate the key k-two");
  expect(changes()).toEqual([]);
  answers[`GET ${at}`] = keysOf("k-one", "k-three");
  await click("Regenerate");
  await waitFor(() => expect(dialog()).toBeNull());
  expect(changes()).toEqual([{ request: "POST applications/8/regenerate_key", body: { key: "k-two" } }]);
  await waitFor(() => expect(page()).toContain("k-three"));
  await click("Delete the key k-one");
  answers[`GET ${at}`] = keysOf("k-three");
  await click("Delete");
  await waitFor(() => expect(dialog()).toBeNull());
  expect(changes().at(-1)).toEqual({ request: `DELETE ${at}/k-one` });
  await waitFor(() => expect(page()).not.toContain("k-one"));
});

test("a key that could not be deleted is reported in the dialog, with the reason", async () => {
  const { answers } = show(["k-one"]);
  answers[`DELETE ${at}/k-one`] = [403, { error: "The last key cannot go." }];
  await click("Delete the key k-one");
  await click("Delete");
  await waitFor(() => expect(rejection()).toContain("The last key cannot go."));
});

test("the value of a rejected key stays, and is cleared once the key is added", async () => {
  const { answers, changes } = show(["k-one"]);
  const typed = () => document.querySelector<HTMLInputElement>("#new-key")?.value;
  answers[`POST ${at}`] = [422, { errors: { value: ["is too short"] } }];
  await fill("new-key", "k");
  await click("Add key");
  await waitFor(() => expect(document.getElementById("new-key-hint")?.textContent).toContain("is too short"));
  expect(typed()).toBe("k");
  answers[`POST ${at}`] = [201, {}];
  answers[`GET ${at}`] = keysOf("k-one", "k-long");
  await fill("new-key", " k-long ");
  await click("Add key");
  await waitFor(() => expect(page()).toContain("k-long"));
  expect(changes().at(-1)?.body).toEqual({ key: "k-long" }); // without the pasted white space
  await waitFor(() => expect(typed()).toBe(""));
  expect(page()).toContain("The key was added");
  expect(page()).not.toContain("The key could not be added");
});

test.each([
  ["five keys, and no sixth", ["k-1", "k-2", "k-3", "k-4", "k-5"], {}, "The limit is 5"],
  ["one secret of a client, and no second", ["k-1"], { client_id: "c" }, "The limit is 1"],
])("the limit of %s is stated in advance", async (_many, keys, application, expectedText) => {
  show(keys, application);
  await waitFor(() => expect(page()).toContain(expectedText));
  expect(document.getElementById("new-key")).toBeNull();
});

test("loading or unreadable keys are not shown as an empty list", async () => {
  const { answers } = show([]);
  answers[`GET ${at}`] = [404, {}];
  expect(page()).not.toContain("None yet");
  await waitFor(() => expect(page()).toContain("Not found"));
  expect(page()).not.toContain("None yet");
});

test("each key has a copy button with its own name", async () => {
  show(["k-one", "k-two"]);
  await waitFor(() => expect(page()).toContain("k-two"));
  const names = [...document.querySelectorAll("button")].map(
    (element) => element.getAttribute("aria-label") ?? element.textContent,
  );
  expect(names).toEqual(expect.arrayContaining(["Copy the key k-one", "Copy the key k-two"]));
  expect(new Set(names).size).toBe(names.length);
});

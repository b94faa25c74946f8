import { expect, test } from "vitest";
import { type Answers, click, fill, refusal, showInPortal, tick } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { choicesIn, linesOf } from "./field-dialog.tsx";
import { FieldsDefinitionsPage } from "./fields-definitions-page.tsx";

const field = (id: number, name: string, choices: readonly string[] = []) => ({
  fields_definition: { id, target: "Account", name, label: name, choices, position: id, required: id === 1 },
});
const answers: Answers = {
  "GET fields_definitions": [
    200,
    { fields_definitions: [field(1, "org_name"), field(2, "port", ["Bergen, Norway", "Oslo"]), field(3, "berth")] },
  ],
  "PUT fields_definitions/2": [200, {}],
  "POST fields_definitions": [201, {}],
};

const show = (others: Answers = {}) => showInPortal(<FieldsDefinitionsPage />, { answers: { ...answers, ...others } });
const items = () => [...document.querySelectorAll("[role=menuitem]")].map((it) => it.textContent.trim());
const textOf = (id: string) => document.querySelector<HTMLTextAreaElement>(`#${id}`)?.value;

test("a choice with commas stays one while others are added, and empty lines make none", async () => {
  const { changes } = show();
  await click("Actions of port");
  await click("Edit");
  await waitFor(() => expect(textOf("choices")).toBe("Bergen, Norway\nOslo"));
  await fill("choices", "Bergen, Norway\n\n Stavanger \n");
  await click("Save");
  await waitFor(() =>
    expect(changes()).toEqual([
      { request: "PUT fields_definitions/2", body: { choices: ["Bergen, Norway", "Stavanger"] } },
    ]),
  );
});

test("a label is changed alone: choices that nobody touched are not sent", async () => {
  const { changes } = show();
  await click("Actions of port");
  await click("Edit");
  await fill("label", "Home port");
  await click("Save");
  await waitFor(() =>
    expect(changes()).toEqual([{ request: "PUT fields_definitions/2", body: { label: "Home port" } }]),
  );
});

test("a field can be saved once its label or its choices were typed, and not before", async () => {
  show();
  const save = () => document.querySelector<HTMLButtonElement>("[role=dialog] [type=submit]");
  await click("Actions of port");
  await click("Edit");
  await waitFor(() => expect(save()?.disabled).toBe(true));
  await fill("choices", "Oslo");
  expect(save()?.disabled).toBe(false);
});

test("how choices are typed is said, and that what was chosen before stays", async () => {
  show();
  await click("Actions of port");
  await click("Edit");
  await waitFor(() => expect(document.getElementById("choices-hint")?.textContent).toContain("One on each line"));
  expect(document.getElementById("choices-hint")?.textContent).toContain("stays until somebody changes it");
});

test.each([
  ["Move up", 1],
  ["Move down", 3],
])("a field goes to another place by “%s”", async (title, position) => {
  const { changes } = show();
  await click("Actions of port");
  await click(title);
  await waitFor(() => expect(changes()).toEqual([{ request: "PUT fields_definitions/2", body: { position } }]));
});

test("what the API would refuse or pass over is not offered: the first goes no higher, the last no lower, and a field that nothing can do without stays", async () => {
  show();
  await click("Actions of org_name");
  await waitFor(() => expect(items()).toEqual(["Edit", "Move down"]));
  await click("Edit");
  await waitFor(() => expect(document.getElementById("label")).not.toBeNull());
  expect(document.getElementById("required")).toBeNull();
  await click("Cancel");
  await click("Actions of berth");
  await waitFor(() => expect(items()).toEqual(["Edit", "Move up", "Delete"]));
});

test("rules that contradict each other are refused beside them", async () => {
  show({ "POST fields_definitions": [422, { errors: { required: ["Fields cannot be required AND hidden"] } }] });
  await click("Create a field");
  await fill("name", "berth");
  await fill("label", "Berth");
  await tick("required");
  await tick("hidden");
  await click("Create");
  await waitFor(() => expect(document.getElementById("rules-hint")?.textContent).toContain("cannot be required"));
  expect(refusal()).not.toContain("cannot be required");
  await waitFor(() => expect(document.activeElement?.id).toBe("required"));
});

test("a choice with commas stays one, however often it is edited", () => {
  const choices = ["Bergen, Norway", "Oslo"];
  expect(choicesIn(linesOf(choices))).toEqual(choices);
});

test("empty lines, spaces around and repetitions make no choice", () => {
  expect(choicesIn("\n  Oslo \r\n\nBergen\nOslo\n   \n")).toEqual(["Oslo", "Bergen"]);
});

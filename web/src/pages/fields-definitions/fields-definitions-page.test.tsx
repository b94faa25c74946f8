import { expect, test } from "vitest";
import { type Answers, click, fill, rejection, showInPortal, tick } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { parseChoices, choicesToLines, FieldsDefinitionsPage } from "./fields-definitions-page.tsx";

const field = (id: number, name: string, choices: readonly string[] = []) => ({
  fields_definition: { id, target: "Account", name, label: name, choices, position: id, required: id === 1 },
});
const answers: Answers = {
  "GET fields_definitions": [
    200,
    { fields_definitions: [field(1, "org_name"), field(2, "port", ["Bergen, Norway", "Oslo"]), field(3, "berth")] },
  ],
  "GET fields_definitions/2": [200, field(2, "port", ["Bergen, Norway", "Oslo"])],
  "PUT fields_definitions/2": [200, {}],
  "POST fields_definitions": [201, {}],
};

const show = (others: Answers = {}) => showInPortal(<FieldsDefinitionsPage />, { answers: { ...answers, ...others } });
const items = () => [...document.querySelectorAll("[role=menuitem]")].map((element) => element.textContent.trim());
const textOf = (id: string) => document.querySelector<HTMLTextAreaElement>(`#${id}`)?.value;

test("a choice with commas survives when others are added, and empty lines are dropped", async () => {
  const { changes } = show();
  await click("Actions for port");
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

test("a label that turns the reading direction does not reorder the question about its deletion", async () => {
  show({
    "GET fields_definitions": [
      200,
      {
        fields_definitions: [
          { fields_definition: { ...field(3, "berth").fields_definition, label: "\u202e\u05e0\u05de\u05dc" } },
        ],
      },
    ],
  });
  await waitFor(() => expect(document.querySelector("tbody button")).not.toBeNull());
  document.querySelector<HTMLElement>("tbody button")?.click();
  await click("Delete");
  await waitFor(() =>
    expect(document.querySelector("[role=dialog] h1")?.textContent).toContain(
      "Delete the field \u2068\u05e0\u05de\u05dc\u2069?",
    ),
  );
});

test("changing a label does not send the choices", async () => {
  const { changes } = show();
  await click("Actions for port");
  await click("Edit");
  await fill("label", "Home port");
  await click("Save");
  await waitFor(() =>
    expect(changes()).toEqual([{ request: "PUT fields_definitions/2", body: { label: "Home port" } }]),
  );
});

test("choices that a colleague adds meanwhile are removed only by saving again", async () => {
  const { changes } = show({
    "GET fields_definitions/2": [200, field(2, "port", ["Bergen, Norway", "Oslo", "Hamar"])],
  });
  await click("Actions for port");
  await click("Edit");
  await fill("choices", "Bergen, Norway\nOslo\nStavanger");
  await click("Save");
  const hint = () => document.getElementById("choices-hint")?.textContent;
  await waitFor(() => expect(hint()).toContain("was changed to “Bergen, Norway, Oslo, Hamar” by somebody else"));
  expect(changes()).toEqual([]);
  await click("Save");
  await waitFor(() => expect(changes()).toHaveLength(1));
});

test("a field can be saved only after a change of its label or choices", async () => {
  show();
  const save = () => document.querySelector<HTMLButtonElement>("[role=dialog] [type=submit]");
  await click("Actions for port");
  await click("Edit");
  await waitFor(() => expect(save()?.disabled).toBe(true));
  await fill("choices", "Oslo");
  expect(save()?.disabled).toBe(false);
});

test("the hint explains how to enter choices, and that saved values stay", async () => {
  show();
  await click("Actions for port");
  await click("Edit");
  await waitFor(() => expect(document.getElementById("choices-hint")?.textContent).toContain("One per line"));
  expect(document.getElementById("choices-hint")?.textContent).toContain("stay until somebody changes them");
});

test.each([
  ["Move up", 1],
  ["Move down", 3],
])("a field is moved by “%s”", async (title, position) => {
  const { changes } = show();
  await click("Actions for port");
  await click(title);
  await waitFor(() => expect(changes()).toEqual([{ request: "PUT fields_definitions/2", body: { position } }]));
});

test("impossible actions are not offered: moving the first field up or the last down, and deleting a required one", async () => {
  show();
  await click("Actions for org_name");
  await waitFor(() => expect(items()).toEqual(["Edit", "Move down"]));
  await click("Edit");
  await waitFor(() => expect(document.getElementById("label")).not.toBeNull());
  expect(document.getElementById("required")).toBeNull();
  await click("Cancel");
  await click("Actions for berth");
  await waitFor(() => expect(items()).toEqual(["Edit", "Move up", "Delete"]));
});

test("contradictory rules show their error beside them", async () => {
  show({ "POST fields_definitions": [422, { errors: { required: ["Fields cannot be required AND hidden"] } }] });
  await click("Create a field");
  await fill("name", "berth");
  await fill("label", "Berth");
  await tick("required");
  await tick("hidden");
  await click("Create");
  await waitFor(() => expect(document.getElementById("rules-hint")?.textContent).toContain("cannot be required"));
  expect(rejection()).not.toContain("cannot be required");
  await waitFor(() => expect(document.activeElement?.id).toBe("required"));
});

test("a choice with commas survives any number of edits", () => {
  const choices = ["Bergen, Norway", "Oslo"];
  expect(parseChoices(choicesToLines(choices))).toEqual(choices);
});

test("empty lines, surrounding spaces and duplicates are dropped", () => {
  expect(parseChoices("\n  Oslo \r\n\nBergen\nOslo\n   \n")).toEqual(["Oslo", "Bergen"]);
});

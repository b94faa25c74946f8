import { onlineManager } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { expect, onTestFinished, test, vi } from "vitest";
import { useManagement } from "../../api/management-client.ts";
import { type Answers, click, fill, showInPortal } from "../../testing/show-in-portal.tsx";
import { mount } from "../../testing/in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { RowActions } from "../action-menu.tsx";
import { TextField } from "./fields.tsx";
import { ConfirmDialog, FormDialog } from "./form-dialog.tsx";
import { useChange, useDialogForm } from "./use-change.ts";

function Page() {
  const [isGone, setGone] = useState(false);
  const [open, setOpen] = useState<"edit" | "delete">();
  const items = [
    { title: "Edit", onClick: () => setOpen("edit") },
    { title: "Delete", onClick: () => setOpen("delete") },
  ];
  return (
    <main tabIndex={-1}>
      {!isGone && <RowActions of="olaf" items={items} />}
      {open === "edit" && <Edit onClose={() => setOpen(undefined)} />}
      {open === "delete" && <Delete onDone={() => setGone(true)} onClose={() => setOpen(undefined)} />}
    </main>
  );
}

function Edit({ onClose }: { onClose: () => void }) {
  const api = useManagement();
  const { field, dialog } = useDialogForm({
    saved: {},
    fields: ["name", "email"],
    path: undefined,
    change: (typed) => api.update("users/6", typed),
    stale: [],
    done: "Edited",
    failed: "Not edited",
    leave: onClose,
    onClose,
  });
  return (
    <FormDialog title="Edit olaf" submit="Save" {...dialog}>
      <TextField {...field("name")} label="Name" />
      <TextField {...field("email")} label="Email" />
    </FormDialog>
  );
}

function Delete({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const api = useManagement();
  const { mutate, isPending } = useChange({
    change: () => api.delete("users/6"),
    stale: [],
    failed: "Not deleted",
    onDone: () => {
      onDone();
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title="Delete olaf?"
      confirm="Delete"
      isBusy={isPending}
      onConfirm={() => mutate(undefined)}
      onClose={onClose}
    >
      Gone.
    </ConfirmDialog>
  );
}

const show = (answers: Answers) => showInPortal(<Page />, { answers });
const dialog = () => document.querySelector("[role=dialog]");
const alertOf = (parent: ParentNode | null) => parent?.querySelector("[role=alert]")?.textContent;

test("a rejected form stays open, shows the error, keeps the values and focuses the invalid field", async () => {
  show({ "PUT users/6": [422, { errors: { email: ["is invalid"] } }] });
  await click("Actions for olaf");
  await click("Edit");
  await fill("email", "olaf");
  await click("Save");
  await waitFor(() => expect(alertOf(dialog())).toContain("Not edited"));
  expect(alertOf(dialog())).not.toContain("invalid"); // shown beside the field
  expect(document.getElementById("email-hint")?.textContent).toContain("is invalid");
  await waitFor(() => expect(document.activeElement?.id).toBe("email"));
  expect(dialog()?.querySelector<HTMLInputElement>("#email")?.value).toBe("olaf");
});

test("a form that is closed while it is saved leaves the next form open", async () => {
  show({});
  const saved = Promise.withResolvers<Response>();
  vi.stubGlobal("fetch", () => saved.promise);
  await click("Actions for olaf");
  await click("Edit");
  await fill("name", "Ola");
  await click("Save");
  await click("Cancel");
  await click("Actions for olaf");
  await click("Edit");
  await fill("name", "Olav");
  saved.resolve(new Response("{}"));
  await waitFor(() => expect(document.body.textContent).toContain("Edited"));
  expect(dialog()?.querySelector<HTMLInputElement>("#name")?.value).toBe("Olav");
});

test("a double click sends a form once", async () => {
  const { changes } = show({ "PUT users/6": [200, {}] });
  await click("Actions for olaf");
  await click("Edit");
  await fill("name", "Ola");
  const form = document.querySelector("form");
  form?.requestSubmit();
  form?.requestSubmit();
  await waitFor(() => expect(dialog()).toBeNull());
  expect(changes()).toHaveLength(1);
});

test("the message about a result is a heading of the second level, below that of the page", async () => {
  show({ "PUT users/6": [200, {}] });
  await click("Actions for olaf");
  await click("Edit");
  await fill("name", "Ola");
  await click("Save");
  const message = () => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].at(-1);
  await waitFor(() => expect(message()?.textContent).toContain("Edited"));
  expect(message()?.tagName).toBe("H2");
});

test("a rejected confirmation stays open with the reason, which is gone after reopening", async () => {
  show({ "DELETE users/6": [403, { error: "The last admin stays." }] });
  await click("Actions for olaf");
  await click("Delete");
  await click("Delete");
  await waitFor(() => expect(alertOf(dialog())).toContain("The last admin stays."));
  await click("Cancel");
  await waitFor(() => expect(dialog()).toBeNull());
  expect(alertOf(document)).toBeUndefined();
  await click("Actions for olaf");
  await click("Delete");
  await waitFor(() => expect(dialog()).not.toBeNull());
  expect(alertOf(dialog())).toBeUndefined();
});

test("closing a dialog returns the focus to the menu that opened the dialog", async () => {
  show({});
  await click("Actions for olaf");
  await waitFor(() => expect(document.querySelector("[role=menuitem]")).not.toBeNull());
  document.querySelector<HTMLElement>("[role=menuitem]")?.focus();
  await click("Edit");
  await waitFor(() => expect(dialog()).not.toBeNull());
  await click("Cancel");
  await waitFor(() => expect(document.activeElement?.getAttribute("aria-label")).toBe("Actions for olaf"));
});

test("the menu of a row that is being changed opens with disabled items", async () => {
  showInPortal(<RowActions of="olaf" isDisabled items={[{ title: "Edit" }]} />, { answers: {} });
  await click("Actions for olaf");
  await waitFor(() => {
    expect(document.querySelector<HTMLButtonElement>("[role=menuitem]")?.disabled).toBe(true);
  });
});

test("without a network, a change fails immediately, may have been made for all the page knows, and is not sent later", async () => {
  onTestFinished(() => onlineManager.setOnline(true));
  onlineManager.setOnline(false);
  const { changes } = show({ "DELETE users/6": "lost" });
  await click("Actions for olaf");
  await click("Delete");
  await click("Delete");
  await waitFor(() => expect(alertOf(dialog())).toContain("The change may have been made nevertheless."));
  expect(alertOf(dialog())).not.toContain("Not deleted");
  onlineManager.setOnline(true);
  expect(changes()).toHaveLength(1);
});

test("when a dialog has deleted the element that opened it, the page gets the focus", async () => {
  show({ "DELETE users/6": [200, {}] });
  await click("Actions for olaf");
  await click("Delete");
  await click("Delete");
  await waitFor(() => expect(dialog()).toBeNull());
  await waitFor(() => expect(document.activeElement?.tagName).toBe("MAIN"));
});

test("a dialog that is gone with its page leaves the focus of the next one alone", async () => {
  show({});
  await click("Actions for olaf");
  await click("Edit");
  await waitFor(() => expect(dialog()).not.toBeNull());
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  mount(<main tabIndex={-1}>Another page</main>);
  vi.runAllTimers();
  vi.useRealTimers();
  expect(document.activeElement).toBe(document.body);
});

const pressEscape = () =>
  flushSync(() => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })));
const typedName = () => document.querySelector<HTMLInputElement>("#name")?.value;

test("Escape closes only the topmost dialog, so a form below keeps its input", async () => {
  show({});
  await click("Actions for olaf");
  await click("Edit");
  await fill("name", "Ola");
  const cover = document.body.appendChild(document.createElement("div"));
  cover.role = "dialog";
  pressEscape();
  cover.remove();
  expect(document.body.textContent).not.toContain("Discard your input?");
  expect(typedName()).toBe("Ola");
});

test.for([
  ["Escape", pressEscape],
  ["the button in its corner", () => click("Close")],
] as const)("%s asks before it closes a dialog with input, and only then", async ([, close]) => {
  show({});
  await click("Actions for olaf");
  await click("Edit");
  await close();
  await waitFor(() => expect(dialog()).toBeNull());

  await click("Actions for olaf");
  await click("Edit");
  await fill("name", "Ola");
  await close();
  await click("Keep editing");
  await waitFor(() => expect(document.querySelectorAll("[role=dialog]")).toHaveLength(1));
  expect(typedName()).toBe("Ola");
  await close();
  await click("Discard");
  await waitFor(() => expect(dialog()).toBeNull());
});

test.for(["/jobs", "/?tab=test"])(
  "a dialog with input asks before %s replaces its page, and only then",
  async (address) => {
    const question = "Leave without saving?";
    const page = show({});
    const asksFor = async (input: string): Promise<void> => {
      await click("Actions for olaf");
      await click("Edit");
      await fill("name", input);
      page.open(address);
      await waitFor(() => expect(document.body.textContent).toContain(question));
    };
    await asksFor("Ola");
    await click("Stay on this page");
    await waitFor(() => expect(document.body.textContent).not.toContain(question));
    expect(typedName()).toBe("Ola");
    expect(page.address()).toBe("/");
    await click("Cancel");

    await asksFor("Olav");
    await click("Discard changes");
    await waitFor(() => expect(page.address()).toBe(address));
    await waitFor(() => expect(dialog()).toBeNull());
  },
);

test("a dialog without input is left without a question", async () => {
  const page = show({});
  await click("Actions for olaf");
  await click("Edit");
  page.open("/jobs");
  await waitFor(() => expect(page.address()).toBe("/jobs"));
});

test("Cancel closes a dialog with input without a question", async () => {
  show({});
  await click("Actions for olaf");
  await click("Edit");
  await fill("name", "Ola");
  await click("Cancel");
  await waitFor(() => expect(dialog()).toBeNull());
});

/** Submits each edit before the effects of its rendering run. The first edit is late, as is the text of a chosen file. */
function Hasty() {
  const api = useManagement();
  const {
    values,
    type,
    dialog: form,
  } = useDialogForm({
    saved: {},
    fields: ["body"],
    path: undefined,
    change: (typed) => api.update("users/6", typed),
    stale: [],
    failed: "Not edited",
    onClose: () => undefined,
  });
  const isSubmitted = useRef(false);
  useEffect(() => {
    const typing = setTimeout(() => values["body"] === undefined && type({ body: "{}" }));
    return () => clearTimeout(typing);
  }, [type, values]);
  useLayoutEffect(() => {
    if (values["body"] === undefined || isSubmitted.current) return;
    isSubmitted.current = true;
    form.onSubmit();
  }, [form, values]);
  return null;
}

test("a form that is submitted together with an edit sends the edit", async () => {
  const { changes } = showInPortal(<Hasty />, { answers: { "PUT users/6": [200, {}] } });
  await waitFor(() => expect(changes()).toEqual([{ request: "PUT users/6", body: { body: "{}" } }]));
});

test("a second submit during a request is ignored", async () => {
  const act = vi.fn<() => void>();
  const words = { title: "Edit olaf", isBusy: true, onClose: () => undefined };
  showInPortal(
    <>
      <FormDialog {...words} submit="Save" onSubmit={act}>
        Nothing to fill in.
      </FormDialog>
      <ConfirmDialog {...words} confirm="Delete" onConfirm={act}>
        Gone.
      </ConfirmDialog>
    </>,
    { answers: {} },
  );
  const named = (verb: string) =>
    [...document.querySelectorAll("button")].find(({ textContent }) => textContent.includes(verb));
  await waitFor(() => expect(named("Delete")).toBeDefined());
  named("Delete")?.click();
  named("Save")?.click();
  document.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  expect(act).not.toHaveBeenCalled();
});

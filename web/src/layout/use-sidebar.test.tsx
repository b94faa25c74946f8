import { flushSync } from "react-dom";
import { expect, test } from "vitest";

import { click } from "../testing/show-in-portal.tsx";
import { says, showPage } from "../testing/show-page.tsx";
import { waitFor } from "../testing/wait-for.ts";

const toggle = () => document.querySelector("[aria-label=Navigation]");
const isOpen = (expected: boolean) =>
  waitFor(() => expect(toggle()?.getAttribute("aria-expanded")).toBe(String(expected)));

const press = (selector: string) =>
  flushSync(() => document.querySelector(selector)?.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true })));

async function openOverThePage(): Promise<void> {
  await click("Navigation");
  await isOpen(true);
}

test("the navigation over a phone's page closes by Escape and by a tap beside it, and not by one on it", async () => {
  showPage("/nowhere", {});
  await says("There is no such page");
  await isOpen(false);

  await openOverThePage();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await isOpen(false);
  expect(document.activeElement).toBe(toggle());

  await openOverThePage();
  press("nav");
  await isOpen(true);
  press("main");
  await isOpen(false);
});

import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { expect, test, vi } from "vitest";

import { ValueList } from "./value-list.tsx";

function show() {
  const [onRemove, onReplace] = [vi.fn<(value: string) => void>(), vi.fn<(value: string) => void>()];
  const page = document.body.appendChild(document.createElement("div"));
  const words = { noun: "key", hint: "", errors: undefined, isBusy: false, onAdd: () => undefined };
  flushSync(() =>
    createRoot(page).render(
      <ValueList {...words} values={["k-one", "k-two"]} onRemove={onRemove} onReplace={onReplace} />,
    ),
  );
  return { onRemove, onReplace };
}

const click = async (name: string): Promise<void> =>
  vi.waitFor(() => {
    const buttons = [...document.querySelectorAll("button")];
    const button = buttons.find((it) => it.getAttribute("aria-label") === name || it.textContent === name);
    if (!button) throw new Error(`There is no button “${name}”.`);
    flushSync(() => button.click());
  });

test("a key is deleted or replaced once the question is answered, and it is that key", async () => {
  const { onRemove, onReplace } = show();
  await click("Regenerate the key k-two");
  expect(onReplace).not.toHaveBeenCalled();
  await click("Regenerate");
  expect(onReplace.mock.calls).toEqual([["k-two"]]);
  await click("Delete the key k-one");
  expect(onRemove).not.toHaveBeenCalled();
  await click("Delete");
  expect(onRemove.mock.calls).toEqual([["k-one"]]);
});

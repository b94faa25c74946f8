import { expect, test, vi } from "vitest";
import { focusWrongField } from "./use-change.ts";

const wrong = (id: string): string => `<input id="${id}" aria-invalid="true" />`;

test("the first field that was refused is gone to, past those that are right", () => {
  document.body.innerHTML = `<input aria-invalid="false" />${wrong("url")}${wrong("name")}`;
  focusWrongField();
  expect(document.activeElement?.id).toBe("url");
});

test("a dialog's field comes before one of the page behind it", () => {
  document.body.innerHTML = `<form id="sent">${wrong("behind")}</form><div role="dialog">${wrong("of-dialog")}</div>`;
  focusWrongField(document.getElementById("sent"));
  expect(document.activeElement?.id).toBe("of-dialog");
});

test("the field is brought to the middle, where nothing covers it or what is said below it", () => {
  document.body.innerHTML = wrong("url");
  const field = document.getElementById("url");
  const scroll = vi.fn<(options: ScrollIntoViewOptions) => void>();
  Object.assign(field ?? {}, { scrollIntoView: scroll });
  focusWrongField();
  expect(scroll).toHaveBeenCalledExactlyOnceWith({ block: "center" });
});

import { expect, test, vi } from "vitest";
import { focusInvalidField } from "./use-change.ts";

const wrong = (id: string): string => `<input id="${id}" aria-invalid="true" />`;

test("the first invalid field gets the focus", () => {
  document.body.innerHTML = `<input aria-invalid="false" />${wrong("url")}${wrong("name")}`;
  focusInvalidField();
  expect(document.activeElement?.id).toBe("url");
});

test("an invalid field of a dialog gets the focus before one of the page", () => {
  document.body.innerHTML = `<form id="sent">${wrong("behind")}</form><div role="dialog">${wrong("of-dialog")}</div>`;
  focusInvalidField(document.getElementById("sent"));
  expect(document.activeElement?.id).toBe("of-dialog");
});

test("the focused field is centred, so nothing covers its error", () => {
  document.body.innerHTML = wrong("url");
  const field = document.getElementById("url");
  const scroll = vi.fn<(options: ScrollIntoViewOptions) => void>();
  Object.assign(field ?? {}, { scrollIntoView: scroll });
  focusInvalidField();
  expect(scroll).toHaveBeenCalledExactlyOnceWith({ block: "center" });
});

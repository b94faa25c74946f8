import { expect, test } from "vitest";

import { focusWrongField } from "./focus-wrong-field.ts";

const wrong = (id: string): string => `<input id="${id}" aria-invalid="true" />`;

test("the first field that was refused is gone to, past those that are right", () => {
  document.body.innerHTML = `<input aria-invalid="false" />${wrong("url")}${wrong("name")}`;
  focusWrongField();
  expect(document.activeElement?.id).toBe("url");
});

test("a dialog's field comes before one of the page behind it", () => {
  document.body.innerHTML = `${wrong("behind")}<div role="dialog">${wrong("of-dialog")}</div>`;
  focusWrongField();
  expect(document.activeElement?.id).toBe("of-dialog");
});

import { expect, test, vi } from "vitest";
import { click, doubleClick, showInPortal } from "../../testing/show-in-portal.tsx";
import { focusInvalidField, useMutationOnce } from "./use-change.ts";

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

function Switches({ onSend }: { onSend: (edits: ReadonlyMap<string, boolean>) => Promise<void> }) {
  const { mutate } = useMutationOnce({ mutationFn: onSend });
  return ["user", "account"].map((name) => (
    <button key={name} onClick={() => mutate(new Map([[name, true]]))}>
      Turn {name} on
    </button>
  ));
}

test("an edit that is being sent is not sent again, and another edit is, also of a set", async () => {
  const sent: unknown[] = [];
  const onSend = (edits: ReadonlyMap<string, boolean>): Promise<void> => {
    sent.push(...edits.keys());
    return new Promise(() => undefined);
  };
  showInPortal(<Switches onSend={onSend} />, { answers: {} });
  await doubleClick("Turn user on");
  await click("Turn account on");
  await doubleClick("Turn user on");
  expect(sent).toEqual(["user", "account"]);
});

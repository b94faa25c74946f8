import { expect, test } from "vitest";
import { click, doubleClick, showInPortal } from "../../testing/show-in-portal.tsx";
import { useMutationOnce } from "./use-mutation-once.ts";

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

import { expect, onTestFinished, test, vi } from "vitest";
import { mount } from "../testing/in-portal.tsx";
import { click } from "../testing/show-in-portal.tsx";
import { type Toast, useToast } from "./toast-context.ts";
import { ToastProvider } from "./toast-provider.tsx";

function Report({ toast }: { toast: Toast }) {
  const show = useToast();
  return <button onClick={() => show(toast)}>Report</button>;
}

const undo = { label: "Undo", onClick: () => undefined };

test.each<[string, Omit<Toast, "title">, readonly boolean[]]>([
  ["success", { kind: "success" }, [true, false, false]],
  ["success that can be undone", { kind: "success", action: undo }, [true, true, false]],
  ["half a success that can be undone", { kind: "warning", action: undo }, [true, true, false]],
  ["warning, such as a ping answered with 500", { kind: "warning" }, [true, true, true]],
  ["failure", { kind: "danger" }, [true, true, true]],
])("a %s is shown as long as it is useful", async (_what, toast, expected) => {
  mount(
    <ToastProvider>
      <Report toast={{ ...toast, title: "The result" }} />
    </ToastProvider>,
  );
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  await click("Report");
  const shown: boolean[] = [];
  for (const seconds of [5, 15, 120]) {
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve)); // React renders
    shown.push(document.body.textContent.includes("The result"));
  }
  expect(shown).toEqual(expected);
});

import type { ReactNode } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { onTestFinished } from "vitest";

/**
 * Draws something into the document, in the place of what was there, and takes it away with its menus and dialogs when the
 * test is over: what React still has to do by then would find that the browser is gone.
 */
export function mount(element: ReactNode): HTMLElement {
  leave();
  const place = document.body.appendChild(document.createElement("div"));
  const root = createRoot(place);
  leave = () => {
    root.unmount();
    place.remove();
    leave = stay;
  };
  onTestFinished(async () => {
    leave();
    await new Promise((resolve) => setTimeout(resolve)); // React's own last turn
  });
  flushSync(() => root.render(element));
  return place;
}

const stay = (): void => undefined;
let leave = stay;

import { expect, onTestFinished, test, vi } from "vitest";
import { mount } from "../testing/in-portal.tsx";
import { click } from "../testing/show-in-portal.tsx";
import { CopyText, copyText } from "./copy-text.tsx";

/** A page on plain http, whose browser has no `navigator.clipboard`. Returns the copied texts. */
function openPlainPage(isAllowed: boolean): readonly string[] {
  const copied: string[] = [];
  vi.stubGlobal("isSecureContext", false);
  onTestFinished(() => void vi.unstubAllGlobals());
  document.execCommand = () => {
    const clipboardData = new DataTransfer();
    if (isAllowed) document.dispatchEvent(new ClipboardEvent("copy", { clipboardData }));
    if (isAllowed) copied.push(clipboardData.getData("text/plain"));
    return isAllowed;
  };
  return copied;
}

test("a page on plain http copies, too", async () => {
  const copied = openPlainPage(true);
  mount(<CopyText label="Copy the key">k-123</CopyText>);
  await click("Copy the key");
  expect(copied).toEqual(["k-123"]);
});

test("a copy that the browser refuses is no success", async () => {
  openPlainPage(false);
  await expect(copyText("k-123")).rejects.toThrow("did not allow");
});

import { expect, onTestFinished, test, vi } from "vitest";
import { exampleSession } from "../testing/examples.ts";
import { mount } from "../testing/in-portal.tsx";
import { waitFor } from "../testing/wait-for.ts";
import {
  type Session,
  SessionProvider,
  holdSession,
  mayOpen,
  mayUseWebhooks,
  signInPath,
  useSession,
} from "./session.tsx";

const session: Session = {
  ...exampleSession,
  pages: new Map([
    ["accounts", true],
    ["webhooks", false],
  ]),
};

test.each([
  ["a permitted page and its subpages may be opened", ["/accounts", "/accounts/7/applications/8"], true],
  ["the start page and unknown paths may be opened", ["/", "/nowhere", "/webhooksandmore"], true],
  ["a page without permission and its subpages may not be opened", ["/webhooks", "/webhooks/edit"], false],
] as const)("%s", (_guarantee, paths, may) => {
  expect(paths.map((path) => mayOpen(session, path))).toEqual(paths.map(() => may));
});

test("the session's pages determine whether the user may use webhooks", () => {
  expect(mayUseWebhooks(session)).toBe(false);
  expect(mayUseWebhooks({ ...session, pages: new Map([["webhooks", true]]) })).toBe(true);
});

test("signing in again returns to the page with its filter", () => {
  const path = signInPath({ pathname: "/p/admin/deliveries", search: "?state=failed" });
  const { pathname, searchParams } = new URL(path, "https://bellwire.example");
  expect([pathname, searchParams.get("return_to")]).toEqual(["/p/login", "/p/admin/deliveries?state=failed"]);
});

const Role = () => useSession().role;

/** Shows the role of a member, whose session the server has changed since. */
function returnTo(present: { readonly userId: number; readonly role: "admin" }) {
  const page = new Response(
    `<script id="bellwire-session" type="application/json">${JSON.stringify(present)}</script>`,
  );
  const fetched = vi.fn<() => Promise<Response>>(async () => page.clone());
  vi.stubGlobal("fetch", fetched);
  onTestFinished(() => void vi.unstubAllGlobals());
  const held = holdSession({ ...exampleSession, userId: 1, role: "member" });
  const shown = mount(
    <SessionProvider present={held}>
      <Role />
    </SessionProvider>,
  );
  const toWindow = (): boolean => window.dispatchEvent(new Event("focus"));
  return { held, shown, fetched, toWindow };
}

test("permissions given meanwhile are noticed when the user returns to the window, with one request for quick returns", async () => {
  const { shown, fetched, toWindow } = returnTo({ userId: 1, role: "admin" });
  expect([shown.textContent, fetched.mock.calls]).toEqual(["member", []]);
  toWindow();
  toWindow();
  await waitFor(() => expect(shown.textContent).toBe("admin"));
  expect(fetched).toHaveBeenCalledTimes(1);
});

test("on return to the window, the session of another user does not replace that of the page", async () => {
  const { held, fetched, toWindow } = returnTo({ userId: 2, role: "admin" });
  const replaced = vi.spyOn(held, "replace");
  toWindow();
  await waitFor(() => expect(fetched).toHaveResolved());
  await fetched.mock.results[0]?.value;
  await new Promise((resolve) => setTimeout(resolve));
  expect(replaced).not.toHaveBeenCalled();
});

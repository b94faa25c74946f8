import { expect, test } from "vitest";
import { click, fill } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const unread = {
  id: 74,
  account_id: 4,
  org_name: "Quay Books",
  sender: "account",
  author: "mira",
  subject: "Prices of May",
  read_at: null,
  created_at: "2026-03-01T09:00:00.000Z",
};
const answered = { ...unread, id: 75, sender: "provider", author: "grace", subject: "Re: Tides" };
const body = "When do you know <b>them</b>?\n\nMira";
const account = {
  id: 4,
  state: "approved",
  org_name: "Quay Books",
  created_at: unread.created_at,
  updated_at: unread.created_at,
};

/** A server with one unread message, which it marks as read and deletes. */
function openServer() {
  let state: "unread" | "read" | "deleted" = "unread";
  const message = () => ({ ...unread, read_at: state === "read" ? unread.created_at : null });
  const server: Server = {
    "GET /api/v1/messages": ({ query }) => {
      const data = query.get("box") === "sent" ? [answered] : state === "deleted" ? [] : [message()];
      return [200, { data, next: null }];
    },
    "GET /api/v1/messages/74": () => [200, { ...message(), body }],
    "POST /api/v1/messages/74/read": () => {
      state = "read";
      return [204, null];
    },
    "DELETE /api/v1/messages/74": () => {
      state = "deleted";
      return [204, null];
    },
    "GET /api/v1/accounts/4/messages": () => [200, { data: [answered, message()], next: null }],
    "GET /admin/api/accounts/4.json": () => [200, { account }],
    "POST /admin/api/accounts/4/messages.json": () => [201, { message: { id: 76 } }],
  };
  return server;
}

const mayChange = { allowedActions: new Set(["change-portal"]) };

const inDialog = async (name: string): Promise<string> =>
  waitFor(() => document.querySelector(`[role=dialog] [name=${name}]`)?.id ?? expect.fail(`There is no ${name}.`));

test("a long subject leaves room for the name of the account", async () => {
  showPage("/messages", openServer(), mayChange);
  await says("Prices of May");
  const header = [...document.querySelectorAll("th")].find(({ textContent }) => textContent === "Account");
  expect(header?.className).toContain("width-25");
});

test("an opened message is marked as read, once, and its text is no markup", async () => {
  const page = showPage("/messages", openServer(), mayChange);
  await says("New");
  await click("Prices of May");
  await says("When do you know <b>them</b>?");
  await waitFor(() => expect(page.askedFor("POST /api/v1/messages/74/read")).toHaveLength(1));
  await click("Messages");
  await waitFor(() => expect(shown()).not.toContain("New"));
});

test("an answer goes to the account, with the subject of the message", async () => {
  const page = showPage("/messages/74", openServer(), mayChange);
  await click("Answer");
  await fill(await inDialog("body"), "On Monday.");
  await click("Send");
  await says("The message was sent");
  expect(page.askedFor("POST /admin/api/accounts/4/messages.json").map((asked) => asked.body)).toEqual([
    { message: { subject: "Re: Prices of May", body: "On Monday." } },
  ]);
});

test("a deleted message is left for the list without it", async () => {
  const page = showPage("/messages/74", openServer(), mayChange);
  await click("Delete");
  await says("The account keeps it");
  await click("Delete");
  await waitFor(() => expect(page.address()).toBe("/messages"));
  await says("No messages yet");
});

test("the address chooses the sent or the unread messages", async () => {
  const page = showPage("/messages?box=sent", openServer(), mayChange);
  await says("Re: Tides");
  expect(page.askedFor("GET /api/v1/messages").map(({ query }) => query.toString())).toEqual(["box=sent"]);
  const other = showPage("/messages?box=unread", openServer(), mayChange);
  await waitFor(() =>
    expect(other.askedFor("GET /api/v1/messages").map(({ query }) => query.toString())).toEqual(["unread=true"]),
  );
});

test("an account's page lists its messages and sends another", async () => {
  const page = showPage("/accounts/4", openServer(), mayChange);
  await says("Re: Tides");
  await says("You (grace)");
  await click("Send a message");
  await fill(await inDialog("subject"), "Prices");
  await fill(await inDialog("body"), "They stay.");
  await click("Send");
  await says("The message was sent");
  expect(page.askedFor("POST /admin/api/accounts/4/messages.json").map((asked) => asked.body)).toEqual([
    { message: { subject: "Prices", body: "They stay." } },
  ]);
});

test("a user who may only read marks nothing, and can neither answer nor delete", async () => {
  const page = showPage("/messages/74", openServer(), { allowedActions: new Set(["read-portal"]) });
  await says("When do you know");
  expect(shown()).not.toContain("Answer");
  expect(page.askedFor("POST /api/v1/messages/74/read")).toEqual([]);
});

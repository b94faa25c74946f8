import { expect, test } from "vitest";
import { describedHeaders } from "./described-headers.ts";
import { requestHeaders } from "./request-headers.ts";
import { Signer } from "./sign-request.ts";

const bare = {
  url: "https://hooks.example/",
  headers: {},
  secrets: ["whsec_c2VjcmV0"],
  timeoutSeconds: 15,
  contentType: "application/json",
  body: Buffer.from("{}"),
  id: "019b2c1e-8694-739b-aea5-966c26f8ad91",
  attempt: 1,
  replay: 0,
  event: {
    type: "account.created",
    objectId: 31,
    time: "2026-02-03T04:05:06.789Z",
    sequence: 1,
    actor: "system",
    channel: "system",
  },
  sentAt: new Date("2026-02-03T04:05:07Z"),
} as const;

const namesOf = (request: Parameters<typeof requestHeaders>[0]): readonly string[] =>
  requestHeaders(request, { signer: new Signer(), userAgent: "Bellwire/0.0.0", credentials: undefined }).filter(
    (name, at) => at % 2 === 0 && name !== "content-type",
  );

test("the headers that are described are those that are sent, and those are always sent that are said to be", () => {
  const all = namesOf({ ...bare, replay: 1, test: true, cloudEventSource: "https://acme.example" });
  const always = Object.entries(describedHeaders).filter(([, { isAlways }]) => isAlways);

  expect(all.toSorted()).toEqual(Object.keys(describedHeaders).toSorted());
  expect(namesOf(bare).toSorted()).toEqual(always.map(([name]) => name).toSorted());
});

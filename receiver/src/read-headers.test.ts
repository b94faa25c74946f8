import { expect, test } from "vitest";
import { readHeaders } from "./read-headers.ts";

const headers = {
  "webhook-id": "019b2c1e-8694-739b-aea5-966c26f8ad91",
  "bellwire-attempt": "2",
  "bellwire-event-type": "account.created",
  "bellwire-event-time": "2026-02-03T04:05:06.789Z",
  "bellwire-sequence": "7",
  "bellwire-actor": "developer:21",
  "bellwire-channel": "developer_portal",
};

test("the id, type, time, sequence, actor and channel are read from the headers", () => {
  expect(readHeaders(headers)).toEqual({
    id: "019b2c1e-8694-739b-aea5-966c26f8ad91",
    type: "account.created",
    time: new Date("2026-02-03T04:05:06.789Z"),
    sequence: 7,
    actor: "developer:21",
    channel: "developer_portal",
    attempt: 2,
    replay: 0,
    isTest: false,
  });
});

test("replays and samples are recognized", () => {
  expect(readHeaders({ ...headers, "bellwire-replay": "3", "bellwire-test": "true" })).toMatchObject({
    replay: 3,
    isTest: true,
  });
});

test.each(Object.keys(headers))("headers without %s are rejected", (name) => {
  expect(readHeaders({ ...headers, [name]: undefined })).toBeUndefined();
});

test.each(["bellwire-attempt", "bellwire-sequence", "bellwire-replay"])(
  "headers with an invalid %s are rejected",
  (name) => {
    for (const value of ["many", "-1", "1.5", "1e400", "", " ", "0x7"])
      expect(readHeaders({ ...headers, [name]: value })).toBeUndefined();
    expect(readHeaders({ ...headers, [name]: "0" }) === undefined).toBe(name === "bellwire-attempt");
  },
);

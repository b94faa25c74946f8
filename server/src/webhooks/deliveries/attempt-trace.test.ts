import fc from "fast-check";
import { expect, test } from "vitest";
import { type AttemptTrace, connectionKinds, decodeTrace, encodeTrace } from "./attempt-trace.ts";

const wholeNumber = (max: number) => fc.nat({ max });
const phase = fc.option(wholeNumber(2 ** 32 - 1), { nil: undefined });
const traces: fc.Arbitrary<AttemptTrace> = fc.record({
  queued: phase,
  dns: phase,
  connect: phase,
  tls: phase,
  firstByte: phase,
  body: phase,
  connection: fc.constantFrom(...connectionKinds),
  address: fc.option(fc.oneof(fc.ipV4(), fc.constant("2001:db8:aaaa:bbbb:cccc:dddd:192.168.100.100")), {
    nil: undefined,
  }),
  tlsVersion: fc.constantFrom(undefined, "TLSv1.2", "TLSv1.3"),
  certificateExpiresAt: fc.option(fc.integer({ min: 1, max: 253_402_300_799 }), { nil: undefined }),
  answerBytes: wholeNumber(2 ** 31 - 1),
});

test("an encoded trace decodes unchanged", () => {
  fc.assert(
    fc.property(traces, wholeNumber(32_767), (trace, replay) => {
      expect(decodeTrace(encodeTrace(trace, replay))).toEqual({ ...trace, replay });
    }),
  );
});

test("a trace in a newer format decodes to undefined", () => {
  expect(decodeTrace(Buffer.of(2, 0, 0, 0, 0, 0))).toBeUndefined();
});

const usual: AttemptTrace = {
  queued: 210,
  dns: undefined,
  connect: undefined,
  tls: undefined,
  firstByte: 38_000,
  body: 90,
  connection: "reused",
  address: "203.0.113.205",
  tlsVersion: "TLSv1.3",
  certificateExpiresAt: 1_790_000_000,
  answerBytes: 312,
};

test("a typical trace encodes to less than 40 bytes", () => {
  expect(encodeTrace(usual, 0).length).toBeLessThan(40);
});

test.each(["2106-02-07T06:28:16Z", "2126-12-01T00:00:00Z", "9999-12-31T23:59:59Z"])(
  "the expiry %s of a certificate stays the same",
  (time) => {
    const certificateExpiresAt = Date.parse(time) / 1000;
    expect(decodeTrace(encodeTrace({ ...usual, certificateExpiresAt }, 7))).toEqual({
      ...usual,
      certificateExpiresAt,
      replay: 7,
    });
  },
);

test("a phase beyond 32 bits is capped, not wrapped around", () => {
  expect(decodeTrace(encodeTrace({ ...usual, body: 2 ** 40 }, 0))?.body).toBe(2 ** 32 - 1);
});

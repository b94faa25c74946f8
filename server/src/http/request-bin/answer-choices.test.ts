import { expect, test } from "vitest";
import { answerChoices } from "./answer-choices.ts";

const chosen = (answerStatus: number, answerDelayMs: number) => {
  const { statuses, delays } = answerChoices({ answerStatus, answerDelayMs });
  return { all: statuses.length + delays.length, shown: [...statuses, ...delays].filter((it) => it.is_chosen) };
};

test("what a bin answers is shown, also what none of the buttons stands for", () => {
  expect(chosen(500, 2000)).toMatchObject({ all: 12, shown: [{ status: 500 }, { delay_ms: 2000, says: "2 s" }] });
  expect(chosen(418, 1500)).toMatchObject({ all: 14, shown: [{ status: 418 }, { delay_ms: 1500, says: "1.5 s" }] });
});

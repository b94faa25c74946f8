const statuses = [
  { status: 200, says: "OK" },
  { status: 201, says: "Created" },
  { status: 301, says: "Moved" },
  { status: 404, says: "Not found" },
  { status: 410, says: "Gone" },
  { status: 429, says: "Too many" },
  { status: 500, says: "Error" },
  { status: 503, says: "Unavailable" },
];
const delays = [0, 2000, 10_000, 70_000];

/** What can be chosen for a bin's answer, and what is. Whatever else the API has set is one more choice. */
export const answerChoices = ({ answerStatus, answerDelayMs }: Readonly<Record<Answer, number>>) => ({
  statuses: withChosen(statuses, { status: answerStatus, says: "Set elsewhere" }, ({ status }) => status),
  delays: withChosen(
    delays.map((ms) => describeDelay(ms)),
    describeDelay(answerDelayMs),
    ({ delay_ms: ms }) => ms,
  ),
});

type Answer = "answerStatus" | "answerDelayMs";

const describeDelay = (ms: number) => ({ delay_ms: ms, says: `${ms / 1000} s` });

function withChosen<Choice>(choices: readonly Choice[], chosen: Choice, valueOf: (choice: Choice) => number) {
  const isThere = choices.some((it) => valueOf(it) === valueOf(chosen));
  return (isThere ? choices : [...choices, chosen])
    .toSorted((a, b) => valueOf(a) - valueOf(b))
    .map((it) => ({ ...it, is_chosen: valueOf(it) === valueOf(chosen) }));
}

import { Type } from "typebox";
import { type DatabaseSwitches, readDatabaseSwitches, switchWarningMs } from "#platform/database/switches.ts";
import { isoTime } from "#platform/times.ts";
import { Nullable, Timestamp } from "./fields.ts";
import { operation, type Operation } from "./operation.ts";

const NoticeSchema = Type.Object(
  {
    kind: Type.Enum(["changes_may_be_lost", "held_after_restore"], {
      description:
        "changes_may_be_lost: after a failover or a restore, the database continued from an earlier state. held_after_restore: deliveries, mails and jobs from before a restore wait for the operator.",
    }),
    at: Type.String({ ...Timestamp, description: "When the database was first used in this state." }),
    until: Nullable(
      Type.String({
        ...Timestamp,
        description: "When the notice disappears. Null: when the operator resumes what is held.",
      }),
    ),
  },
  { title: "Notice", description: "A notice about the installation for admins." },
);

export const exampleNotice = {
  kind: "changes_may_be_lost",
  at: "2026-02-03T04:05:06.789Z",
  until: "2026-02-04T04:05:06.789Z",
};

/** Returns the notices about a database, the most urgent one first. */
function noticesOf({ at, heldAt }: Pick<DatabaseSwitches, "at" | "heldAt">, now: Date) {
  const untilMs = at ? at.getTime() + switchWarningMs : 0;
  return [
    ...(heldAt ? [{ kind: "held_after_restore", at: heldAt.toISOString(), until: null } as const] : []),
    ...(at && untilMs > now.getTime()
      ? [{ kind: "changes_may_be_lost", at: at.toISOString(), until: isoTime(untilMs) } as const]
      : []),
  ];
}

export const noticeOperations: readonly Operation[] = [
  operation({
    id: "listNotices",
    tag: "Limits",
    title: "List the notices about the installation",
    description: "The same for all providers of a cell, and for the warnings of `/readyz`.",
    method: "GET",
    path: "/notices",
    action: "read-provider",
    responses: { 200: Type.Object({ data: Type.Array(NoticeSchema) }, { description: "The most urgent first." }) },
    async handle({ pool, clock }) {
      return { data: noticesOf(await readDatabaseSwitches(pool), clock.now()) };
    },
  }),
];

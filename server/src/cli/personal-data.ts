import { systemClock } from "#platform/clock.ts";
import { createErasure, erasedWithinHours, pendingChoices, readErasure, sendDaysMax } from "#personal-data/index.ts";
import { type Command, WrongUsage, parseId, parseArguments } from "./command.ts";
import { auditCommand, commandLine, providerOption, withProvider } from "./with-database.ts";

const refusals = {
  "last admin": "The account would have no admin. Erase the account, or make another user an admin first.",
  running: "An erasure of this account or user is already running: see bellwire erasure.",
} as const;

const ends = {
  cancel: `${erasedWithinHours} hour`,
  send: `${erasedWithinHours} hour after the last delivery has ended, which takes ${sendDaysMax} days at most`,
} as const;

export const erase: Command = {
  usage: "erase --account ID | --user ID --pending send|cancel [--provider SUBDOMAIN]",
  summary:
    "delete an account or a developer, and erase the personal data everywhere; the engine does it in the background",
  async run(args, needs) {
    const text = { type: "string" } as const;
    const { values } = parseArguments(args, { ...providerOption, account: text, user: text, pending: text });
    const accountId = parseId("--account", values.account);
    const userId = parseId("--user", values.user);
    const pending = pendingChoices.find((choice) => choice === values.pending);
    const subject =
      accountId !== undefined && userId === undefined
        ? { accountId }
        : userId !== undefined && accountId === undefined
          ? { userId }
          : undefined;
    if (!subject) throw new WrongUsage("Give either --account or --user.");
    if (!pending) {
      throw new WrongUsage(`--pending must be send (deliveries are sent first, for ${sendDaysMax} days) or cancel.`);
    }
    await withProvider(needs, values.provider, async ({ pool, provider }) => {
      const by = { actor: commandLine.actor, channel: "system", now: systemClock.now() } as const;
      const outcome = await createErasure(pool, {
        provider,
        subject,
        pending,
        by,
        follow: (tx, started) =>
          auditCommand(tx, {
            providerId: provider.id,
            action: "erasure.started",
            subject: `erasure/${started.id}`,
            detail: { accountId: started.accountId, userId: started.userId, pending },
          }),
      });
      if (!outcome) {
        throw new WrongUsage(
          `${provider.name} has no such account or user. If it was deleted: events, audit records and request bins have nothing of it.`,
        );
      }
      if ("notAllowed" in outcome) throw new WrongUsage(refusals[outcome.notAllowed]);
      const { erasure } = outcome;
      const erased = `account ${erasure.accountId}`;
      // Before the end of the database, during which a signal may end the command: no other command finds the id.
      needs.print(
        `erasure ${erasure.id} of ${userId === undefined ? erased : `user ${userId} of ${erased}`} started; it ends within ` +
          ends[pending],
      );
      needs.print(`progress: bellwire erasure ${erasure.id}, or GET /api/v1/erasures/${erasure.id}`);
    });
    return 0;
  },
};

export const showErasure: Command = {
  usage: "erasure ID [--provider SUBDOMAIN]",
  summary: "show the progress of an erasure; exits with 1 while it is not done",
  async run(args, needs) {
    const { values, positionals } = parseArguments(args, providerOption, "positionals");
    const id = parseId("ID", positionals[0]);
    if (id === undefined || positionals.length > 1)
      throw new WrongUsage("Give the id of one erasure, as bellwire erase prints it.");
    const erasure = await withProvider(needs, values.provider, ({ pool, provider }) =>
      readErasure(pool, provider.id, id),
    );
    if (!erasure) throw new WrongUsage("The provider has no such erasure.");
    const { state, events, error, createdAt, finishedAt } = erasure;
    needs.print(JSON.stringify({ id, state, events, error, created_at: createdAt, finished_at: finishedAt }));
    return state === "done" ? 0 : 1;
  },
};

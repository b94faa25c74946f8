import type { Logger } from "pino";
import type { Clock } from "#platform/clock.ts";
import type { Config } from "#platform/config/read-config.ts";
import type { Pool } from "#platform/database/database.ts";
import { errorMessage } from "#platform/errors.ts";
import { openMailer } from "#platform/mailer.ts";
import { sendDueMails } from "#portal/mails/index.ts";
import type { ProviderUrls } from "./provider-urls.ts";
import { workWhenWoken } from "./work-when-woken.ts";

interface MailParts {
  readonly config: Pick<Config, "smtpUrl">;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly urls: ProviderUrls;
  readonly log: Logger;
}

/** How often the outbox is looked into even if nothing says that there is something in it. */
const everyMs = 5000;

/** Empties the outbox into the mail server, if there is one; without, mails stay there to be read in the Admin Portal. */
export function composeMail({ config, pool, clock, urls, log }: MailParts): AsyncDisposable | undefined {
  if (config.smtpUrl === undefined) return undefined;
  const mailer = openMailer(config.smtpUrl.reveal());
  const send = async (): Promise<number> =>
    sendDueMails({
      pool,
      now: () => clock.now(),
      send: async ({ from, recipient, subject, text }) => {
        await mailer.send({
          from: { name: from.name, address: from.address || urls.noReplyAddress },
          to: recipient,
          subject,
          text,
        });
        log.info({ subject }, "mail sent");
      },
    });

  const working = workWhenWoken({
    pool,
    hints: "mails",
    everyMs,
    step: async () => (await send()) > 0,
    failed: (error) => log.warn({ error: errorMessage(error) }, "the outbox could not be read"),
  });
  return {
    async [Symbol.asyncDispose]() {
      await working[Symbol.asyncDispose]();
      mailer[Symbol.dispose]();
    },
  };
}

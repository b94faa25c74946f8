import type { Logger } from "pino";
import { systemClock } from "#platform/clock/clock.ts";
import type { Config } from "#platform/config/read-config.ts";
import { wordsOf } from "#platform/config/error-words.ts";
import type { Pool } from "#platform/database/database.ts";
import { openMailer } from "#platform/mail/open-mailer.ts";
import { sendDueMails } from "#portal/mails/index.ts";
import type { ProviderUrls } from "./provider-urls.ts";

interface MailParts {
  readonly config: Pick<Config, "smtpUrl">;
  readonly pool: Pool;
  readonly urls: ProviderUrls;
  readonly log: Logger;
}

/** How often the outbox is looked into even if nothing says that there is something in it. */
const everyMs = 5000;

/** Empties the outbox into the mail server, if there is one; without, mails stay there to be read in the Admin Portal. */
export function composeMail({ config, pool, urls, log }: MailParts): AsyncDisposable | undefined {
  if (config.smtpUrl === undefined) return undefined;
  const mailer = openMailer(config.smtpUrl.reveal());
  const fallbackAddress = `no-reply@${new URL(urls.publicUrl).hostname}`;
  const stopped = new AbortController();
  let woken = new AbortController();
  const stopHints = pool.onHint("mails", () => woken.abort());

  const send = async (): Promise<number> =>
    sendDueMails({
      pool,
      now: () => systemClock.now(),
      send: async ({ from, recipient, subject, text }) => {
        await mailer.send({
          from: { name: from.name, address: from.address ?? fallbackAddress },
          to: recipient,
          subject,
          text,
        });
        log.info({ subject }, "mail sent");
      },
    });

  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      woken = new AbortController();
      try {
        while (!stopped.signal.aborted && (await send()) > 0);
      } catch (error) {
        log.warn({ error: wordsOf(error) }, "the outbox could not be read");
      }
      await systemClock.sleep(everyMs, AbortSignal.any([woken.signal, stopped.signal]));
    }
  };
  const running = run();
  return {
    async [Symbol.asyncDispose]() {
      stopHints();
      stopped.abort();
      await running;
      mailer[Symbol.dispose]();
    },
  };
}

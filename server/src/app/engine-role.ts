import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { poolWithTimeout } from "#platform/database/pool.ts";
import { errorMessage } from "#platform/errors.ts";
import { createIdGenerator, randomFraction } from "#platform/ids.ts";
import { createLineLogger, limitRepetitions } from "#platform/logger.ts";
import type { Tracing } from "#platform/telemetry/tracing.ts";
import { readOwnProcessMark } from "#platform/process-mark.ts";
import { userAgent } from "#platform/http.ts";
import { createBinForwarder } from "#http/shared/bin-requests.ts";
import { type OtherCell, workOnErasure } from "#personal-data/index.ts";
import { type Mailer, openMailer, sendDueMail } from "#portal/mails/index.ts";
import type { Sender } from "#webhooks/attempts/index.ts";
import { type EngineLog, followHints, postgresLaneStore, startEngine } from "#webhooks/engine/index.ts";
import { workOnJob } from "#webhooks/jobs/index.ts";
import { workOnReplay } from "#webhooks/replays/index.ts";
import { StatisticsRecorder, addStatisticsPartitions, writeStatistics } from "#webhooks/statistics/index.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { measureAttempts, measureEngine, measureLaneStore, measureNotMade } from "./metrics.ts";
import type { Parts } from "./open-parts.ts";

export interface EngineRoleParts extends Parts {
  /** Maximum of attempts in flight, if the process has few descriptors for them. */
  readonly attemptsMax?: number | undefined;
}

/**
 * Starts the work of the engine role: deliveries, replays, jobs, mails, forwards of bins, housekeeping. Closing it drains the engine,
 * and ends all other work at the same time: what takes long there must not delay the end of attempts in flight.
 *
 * @param drainMs returns how long attempts in flight may take to finish; called when it is closed
 */
export async function startEngineRole(parts: EngineRoleParts, drainMs: () => number): Promise<AsyncDisposable> {
  const { config } = parts;
  await addStatisticsPartitions(parts.pool);
  const mailer = config.smtpUrl && (await openMailer(config.smtpUrl.reveal()));
  const heldQuota = { rowsMax: config.heldRowsMax, daysMax: config.heldDaysMax };
  const { retentionDays, auditRetentionDays, statisticsDays } = config;
  const work = [
    await composeEngine({ ...parts, ...config, inFlightMax: config.engineConcurrency, drainMs }),
    ...composeJobs(parts),
    ...(mailer ? [composeMail(parts, mailer)] : []),
    composeForwards(parts),
    startHousekeeping({ ...parts, retentionDays, auditRetentionDays, statisticsDays, heldQuota }),
  ];
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(work.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

export interface EngineParts extends Pick<Parts, "clock" | "encryption" | "log" | "metrics"> {
  readonly pool: Pool;
  readonly sender: Sender;
  readonly inFlightMax: number;
  readonly attemptsMax?: number | undefined;
  /** 0: never. */
  readonly disableAfterDays: number;
  /** Returns how long a stop waits for receivers. Called when it begins. */
  readonly drainMs: () => number;
  readonly tracing?: Tracing | undefined;
}

/** How long the lanes of a crashed engine wait. Longer than any pause of a healthy process. */
const leaseMs = 10_000;
const dayMs = 86_400_000;

/** Starts the engine of this process, which hints of all processes wake. Closing it drains it. */
export async function composeEngine(parts: EngineParts): Promise<AsyncDisposable> {
  const { pool, clock, encryption, sender, log, metrics, disableAfterDays, drainMs, tracing, ...limits } = parts;
  const warn = limitRepetitions(log);
  // A result later than the lease is useless: other engines own the lanes by then.
  const laneStore = postgresLaneStore(poolWithTimeout(pool, clock, leaseMs), encryption, {
    leaseMs,
    userAgent,
    mark: await readOwnProcessMark(),
  });
  const statistics: StatisticsRecorder = new StatisticsRecorder({
    clock,
    write: (lanes) => pool.inTransaction((tx) => writeStatistics(tx, lanes)),
    ownedLanes: () => engine.laneStates(),
    log: { warn },
  });
  const engine = await startEngine({
    store: measureLaneStore(metrics, laneStore, clock),
    statistics,
    sender,
    clock,
    wallMs: () => systemClock.now().getTime(),
    tracing,
    log: engineLog(log, metrics, warn),
    chance: randomFraction,
    newId: createIdGenerator(clock),
    inFlightMax: limits.inFlightMax,
    attemptsMax: limits.attemptsMax,
    leaseMs,
    disableAfterMs: disableAfterDays === 0 ? Number.POSITIVE_INFINITY : disableAfterDays * dayMs,
  });
  measureEngine(metrics, engine, statistics);
  const stopRecording = new AbortController();
  const recording = statistics.run(stopRecording.signal);
  const stopHints = followHints(engine, pool, clock);
  return {
    async [Symbol.asyncDispose]() {
      stopHints();
      await engine.stop(drainMs());
      stopRecording.abort();
      await recording;
    },
  };
}

function engineLog(log: Logger, metrics: Registry, warn: EngineLog["warn"]): EngineLog {
  const measure = measureAttempts(metrics);
  const logAttempt = createLineLogger(log, "delivery attempted");
  return {
    attempt: (line) => {
      measure(line);
      logAttempt(line);
    },
    notMade: measureNotMade(metrics),
    // Lines about one endpoint are about no other.
    warn: (fields, sentence) =>
      fields["endpointId"] === undefined ? warn(fields, sentence) : log.warn(fields, sentence),
  };
}

/** Polls for work although hints announce them: another process may have died in the middle of one. */
const jobPollMs = 2000;

type JobParts = Pick<Parts, "pool" | "clock" | "log" | "directory" | "cells">;

/** Returns a function that lists the cells. A visit to that of `pool` does nothing. */
const listOtherCells =
  ({ pool, directory, cells }: Pick<JobParts, "pool" | "directory" | "cells">) =>
  async (): Promise<readonly OtherCell[]> =>
    (await directory.readCells()).cells.map(({ number, name }) => ({
      name,
      visit: (work) => cells.visit(number, async (cell) => (cell === pool ? undefined : work(cell))),
    }));

/** Works on replays, jobs and erasures, concurrently with other processes. Closing one awaits its current chunk. */
const composeJobs = ({ pool, clock, log, ...cells }: JobParts): readonly AsyncDisposable[] =>
  [
    { hints: "replays", step: () => workOnReplay(pool), failure: "a replay could not go on; trying again later" },
    { hints: "jobs", step: () => workOnJob(pool), failure: "a chunk of a job failed; trying again" },
    {
      hints: "erasures",
      step: () => workOnErasure(pool, clock.now(), listOtherCells({ pool, ...cells })),
      failure: "a step of an erasure failed; trying again",
    },
  ].map((work) => runOnHint({ pool, log, everyMs: jobPollMs, ...work }));

/** Forwards waiting requests of bins, concurrently with other processes. Closing it awaits requests in flight. */
function composeForwards({ urls, log, ...parts }: Parts): AsyncDisposable {
  const warn = limitRepetitions(log);
  const forwarder = createBinForwarder({
    ...parts,
    isOurs: urls.isOurs,
    onError: (err) => warn({ err }, "forwarding requests of bins failed; trying again later"),
  });
  forwarder.start();
  return forwarder;
}

interface MailParts extends Pick<Parts, "clock" | "urls" | "log"> {
  readonly pool: Pool;
}

/** Polls the outbox although hints announce mails, because hints may be lost. */
const mailPollMs = 5000;
/** A stop waits no longer for a mail server, which may take minutes. An unrecorded mail is sent again after ten minutes. */
const mailCloseMs = 10_000;

/** A mail server may check one mail for minutes; the others need not wait behind it. */
const mailsAtOnce = 4;

/**
 * Sends the mails of the outbox. Without a mail server they stay there, and the Admin Portal shows them. The log names a mail by its
 * key, which its Message-ID begins with: subjects have names of accounts.
 */
function composeMail({ pool, clock, urls, log }: MailParts, mailer: Mailer): AsyncDisposable {
  const send = (): Promise<boolean> =>
    sendDueMail({
      pool,
      clock,
      send: async ({ from: { name, address }, recipient, ...mail }) => {
        try {
          await mailer.send({ ...mail, from: { name, address: address || urls.noReplyAddress }, to: recipient });
        } catch (err) {
          // Replies of mail servers repeat the address, which is personal data.
          const error = errorMessage(err).replaceAll(recipient, "…");
          log.warn({ mail: mail.key, error }, "a mail was not accepted by the mail server");
          throw err;
        }
        log.info({ mail: mail.key }, "mail sent");
      },
    });

  const working = Array.from({ length: mailsAtOnce }, () =>
    runOnHint({
      pool,
      hints: "mails",
      everyMs: mailPollMs,
      step: send,
      log,
      failure: "the outbox could not be read",
    }),
  );
  return {
    async [Symbol.asyncDispose]() {
      const done = new AbortController();
      const closed = Promise.all(working.map((each) => each[Symbol.asyncDispose]())).then(() => done.abort());
      await Promise.race([closed, systemClock.sleep(mailCloseMs, done.signal)]);
      mailer[Symbol.dispose]();
    },
  };
}

interface HintedWork {
  readonly pool: Pick<Pool, "onHint">;
  /** The channel of hints that announce work. */
  readonly hints: string;
  /** The poll interval; hints may be lost. */
  readonly everyMs: number;
  /** Does a part of the work. Returns whether there may be more. */
  readonly step: () => Promise<boolean>;
  readonly log: Logger;
  /** The sentence for a step that failed. */
  readonly failure: string;
}

/** Runs steps until nothing is left, after each hint and at each poll. Closing it awaits the current step. */
function runOnHint({ pool, hints, everyMs, step, log, failure }: HintedWork): AsyncDisposable {
  const warn = limitRepetitions(log);
  const stopped = new AbortController();
  let woken = new AbortController();
  const stopHints = pool.onHint(hints, () => woken.abort());

  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      woken = new AbortController();
      try {
        while (!stopped.signal.aborted && (await step()));
      } catch (error) {
        warn({ error: errorMessage(error) }, failure);
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
    },
  };
}

import type { DataSubject, SoughtSubject } from "#access/index.ts";
import { providerMovingCode } from "#platform/database/connection.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { errorCode } from "#platform/errors.ts";
import { binLimits } from "#platform/bin-and-stream-limits.ts";
import { type AnswerRule, type ChosenAnswer, type RuleCount, chooseAnswer } from "./answer-rules.ts";
import { mayBeBinId } from "./bins.ts";
import { type ForwardResult, forwardsChannel, isForwarded, pathBelow } from "./forwards.ts";

/** The fixed cost of a row besides its bytes. */
export const requestOverheadBytes = 1024;

interface IncomingRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** In the order received. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

export interface BinResponse {
  readonly status: number;
  readonly delayMs: number;
  /** Only from a rule. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Only with 429. */
  readonly retryAfterSeconds?: number;
}

// The bin's row numbers the request. Its lock makes the order of numbers the order of commits, so a reader that
// continues from the last number skips nothing. The row is also a token bucket: a request beyond its limit writes
// nothing. A database's clock that was set back must not refuse requests until it has caught up: its leap counts as
// time. The lock also keeps the sequences of rules: their counts are read here and written before the commit.
const countStatement = `
  update bins
  set requests_caught = requests_caught + 1, bytes_caught = bytes_caught + $2,
    allowance = least($3, allowance + $4 * abs(extract(epoch from clock_timestamp() - allowance_at)))::bigint - $2,
    allowance_at = clock_timestamp()
  where id = $1 and ($5::bigint is null or provider_id = $5) and least($3, allowance + $4 * abs(extract(epoch from clock_timestamp() - allowance_at))) >= $2
  returning provider_id, requests_caught as number, bytes_caught as "endsAt", answer_status as status,
    answer_delay_ms as "delayMs", answer_rules, rule_counts, forward_url is not null as "isForwarding"`;

const waitStatement = `
  select ceil(($2 - allowance - $3 * abs(extract(epoch from clock_timestamp() - allowance_at))) / $3)::integer as seconds
  from bins where id = $1 and ($4::bigint is null or provider_id = $4)`;

const insertStatement = `
  insert into bin_requests (provider_id, bin_id, number, method, path, query, headers, body, size, ends_at,
    answer_status, answer_delay_ms, answer_rule, forward_due_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, case when $14 then clock_timestamp() end)`;

const ruleCountsStatement = "update bins set rule_counts = $3 where provider_id = $1 and id = $2";

// Deletes the oldest beyond either limit. Along the primary key: the oldest row to keep is among the first few.
const dropStatement = `
  delete from bin_requests
  where provider_id = $1 and bin_id = $2 and number < greatest($3 + 1, (
    select number from bin_requests
    where provider_id = $1 and bin_id = $2 and number > $3 and ends_at - size >= $4
    order by number limit 1))`;

interface BinAddress {
  readonly binId: string;
  /** The provider of the requested host. Our own sender omits it. */
  readonly providerId?: number;
}

/** Stores the request and returns the bin's response, or undefined if there is no such bin. */
export async function receiveRequest(
  pool: Pool,
  { binId, providerId: requestedProviderId }: BinAddress,
  { method, path, query, headers, body }: IncomingRequest,
): Promise<BinResponse | undefined> {
  if (!mayBeBinId(binId)) return undefined;
  if (body.byteLength > binLimits.bodyBytes.max) return { status: 413, delayMs: 0 };
  const texts = [method, path, query, JSON.stringify(headers)].map(storableText);
  const size = texts.reduce((sum, text) => sum + Buffer.byteLength(text), body.byteLength) + requestOverheadBytes;
  return pool.inTransaction(async (tx) => {
    const { max, perSecond } = binLimits.bytesOfBin;
    const [counted] = await tx.query<Counted>(countStatement, [
      binId,
      size,
      max,
      perSecond,
      requestedProviderId ?? null,
    ]);
    if (!counted) {
      const wait = await secondsToWait(tx, [binId, size, perSecond, requestedProviderId ?? null]);
      return wait === undefined ? undefined : { status: 429, delayMs: 0, retryAfterSeconds: wait };
    }
    const { providerId, number, endsAt, answerRules, ruleCounts } = counted;
    const request = { method, pathBelow: pathBelow(path), headers, body };
    const chosen = answerRules.length === 0 ? undefined : chooseAnswer(answerRules, ruleCounts, request);
    if (chosen) tx.send(ruleCountsStatement, [providerId, binId, JSON.stringify(chosen.counts)]);
    const response = responseOf(counted, chosen);
    const answer = [response.status, response.delayMs, chosen?.rule ?? null];
    const isForwarding = counted.isForwarding && !isForwarded(headers);
    tx.send(insertStatement, [providerId, binId, number, ...texts, body, size, endsAt, ...answer, isForwarding]);
    tx.send(dropStatement, [providerId, binId, number - binLimits.keptRequests.max, endsAt - binLimits.keptBytes.max]);
    tx.hintAfterCommit("bins", binId);
    if (isForwarding) tx.hintAfterCommit(forwardsChannel, binId);
    return response;
  });
}

interface Counted {
  readonly providerId: number;
  readonly number: number;
  readonly endsAt: number;
  readonly status: number;
  readonly delayMs: number;
  readonly answerRules: readonly AnswerRule[];
  readonly ruleCounts: readonly RuleCount[];
  readonly isForwarding: boolean;
}

function responseOf({ status, delayMs }: Counted, chosen: ChosenAnswer | undefined): BinResponse {
  if (!chosen?.answer) return { status, delayMs };
  const { answer } = chosen;
  return {
    status: answer.status,
    delayMs: answer.delay_ms ?? 0,
    ...(answer.headers && { headers: answer.headers }),
    ...(answer.body && { body: answer.body }),
  };
}

/** Returns undefined if there is no such bin. */
async function secondsToWait(tx: Transaction, values: readonly unknown[]): Promise<number | undefined> {
  const [wait] = await tx.query<{ seconds: number }>(waitStatement, values);
  return wait && Math.max(1, wait.seconds);
}

/** PostgreSQL's text allows neither NUL nor half a surrogate pair. */
const storableText = (text: string): string => text.replaceAll("\0", "�").toWellFormed();

/** Paths below `view` belong to the bin's page. */
const binPath = /^\/bins\/([a-z2-7]{26})(?:\/(?!view(?:\/|$)).*)?$/;

/** Finds the cell of the provider that a host belongs to. `isAgain`: the last answer was wrong. */
export type FindCell = (host: string, options?: { readonly isAgain: boolean }) => Promise<Pool | undefined>;

export interface OwnBinsNeeds {
  /** The cell of the sender. */
  readonly pool: Pool;
  /** Returns whether the URL leads to this installation. */
  readonly isOurs: (url: URL) => boolean;
  /** Undefined: there are no other cells. */
  readonly findCell?: FindCell | undefined;
}

/** Returns the bins of this installation for the sender, which delivers to them without the network. */
export const createOwnBins = ({ pool, isOurs, findCell = async () => undefined }: OwnBinsNeeds) => ({
  matches: (url: URL): string | undefined => (isOurs(url) ? binPath.exec(url.pathname)?.[1] : undefined),

  /** Looks in the sender's cell first. A bin whose provider moves meanwhile receives the request in its new cell. */
  async deliver(
    { binId, host }: { readonly binId: string; readonly host: string },
    request: IncomingRequest,
  ): Promise<BinResponse | undefined> {
    const places = [async () => pool, () => findCell(host), () => findCell(host, { isAgain: true })];
    let missedIn: Pool | undefined;
    let refusal: Error | undefined;
    for (const find of places) {
      const cell = await find();
      if (!cell || cell === missedIn) continue;
      try {
        const response = await receiveRequest(cell, { binId }, request);
        if (response) return response;
        [missedIn, refusal] = [cell, undefined];
      } catch (error) {
        if (!(error instanceof Error) || errorCode(error) !== providerMovingCode) throw error;
        [missedIn, refusal] = [undefined, error];
      }
    }
    if (refusal) throw refusal;
    return undefined;
  },
});

export interface BinRequest {
  /** Counts from 1 in the order of arrival. */
  readonly number: number;
  readonly receivedAt: Date;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Truncated to `shown-body-bytes`. */
  readonly body: Buffer;
  /** The length of the whole body. */
  readonly bodyBytes: number;
  /** The bin's response. Null in requests that an earlier version stored. */
  readonly answerStatus: number | null;
  readonly answerDelayMs: number | null;
  /** The name of the rule that answered. Null for the default response. */
  readonly answerRule: string | null;
  /** The last time the request was forwarded. */
  readonly forwardResult: ForwardResult | null;
  /** Waits to be forwarded, or is being forwarded. */
  readonly isForwarding: boolean;
}

const shownBodyBytesMax = binLimits.shownBodyBytes.max;

interface BinKey {
  readonly providerId: number;
  readonly binId: string;
}

export interface BinRequestPage {
  readonly requests: readonly BinRequest[];
  readonly hasMore: boolean;
}

// Sizes alone decide the length of a page, so rows that do not fit are never read. Along the primary key.
const selectSizes = `
  select number, least(size, $5::integer) as size
  from bin_requests
  where provider_id = $1 and bin_id = $2 and number < $3::bigint and number > $4::bigint`;
const newestFirst = `${selectSizes} order by number desc limit $6`;
const oldestFirst = `${selectSizes} order by number limit $6`;

// Reads all requests of the bin in the worst case: 500, and the searched part of their bodies. "C" folds ASCII only, at ten
// times the speed. Bytes that are not ASCII are escaped, so a body need not be text.
const eventTypePattern = `'(?i)"(?:bellwire-event-type|ce-type)","([^"]*)"'`;
const newestMatching = `${selectSizes}
  and (($7::boolean and strpos(lower(method collate "C"), $8::text) > 0)
    or ($9::boolean and strpos(lower(path collate "C"), $8::text) > 0)
    or ($10::boolean and strpos(lower(query collate "C"), $8::text) > 0)
    or ($11::boolean and strpos(lower(headers::text collate "C"), $12::text) > 0)
    or ($13::boolean and strpos(lower(substring(headers::text from ${eventTypePattern}) collate "C"), $8::text) > 0)
    or ($14::boolean and strpos(lower(encode(substring(body from 1 for $15::integer), 'escape') collate "C"), $16::text) > 0))
  order by number desc limit $6`;

const rowsStatement = `
  select number, received_at, method, path, query, headers,
    substring(body from 1 for $4::integer) as body, octet_length(body) as "bodyBytes",
    answer_status, answer_delay_ms, answer_rule, forward_result, forward_due_at is not null as "isForwarding"
  from bin_requests
  where provider_id = $1 and bin_id = $2 and number = any($3::integer[])`;

const numberMax = 2 ** 31 - 1;

interface BinRequestFilter extends BinKey {
  /** The number of a request to continue from. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
}

/** The parts of a request that can be searched. `path` includes the query. */
export const searchableParts = ["any", "method", "path", "header", "body"] as const;

export interface BinRequestSearch {
  /** Matches anywhere. Ignores the case of ASCII letters. */
  readonly text: string;
  readonly within: (typeof searchableParts)[number];
  /** Searches method, path and event type only, so that a masked value cannot be guessed piece by piece. */
  readonly isMasked: boolean;
}

/** Lists newest first: at most `limit`, fewer if they are large. */
export const listBinRequests = (
  db: Database,
  { search, ...filter }: BinRequestFilter & { readonly search?: BinRequestSearch | undefined },
): Promise<BinRequestPage> =>
  search ? readPage(db, newestMatching, filter, searchValues(search)) : readPage(db, newestFirst, filter);

function searchValues({ text, within, isMasked }: BinRequestSearch): readonly unknown[] {
  const searched = storableText(lowerCaseAscii(text));
  const isIn = (part: (typeof searchableParts)[number]): boolean => within === "any" || within === part;
  const isOpen = !isMasked;
  return [
    isIn("method"),
    searched,
    isIn("path"),
    isIn("path") && isOpen,
    isIn("header") && isOpen,
    JSON.stringify(searched).slice(1, -1),
    isIn("header") && isMasked,
    isIn("body") && isOpen,
    shownBodyBytesMax,
    escapedBytes(Buffer.from(searched)),
  ];
}

const lowerCaseAscii = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Escapes bytes as PostgreSQL's `encode(…, 'escape')` does. */
const escapedBytes = (bytes: Buffer): string =>
  Array.from(bytes, (byte) =>
    byte === 0x5c
      ? "\\\\"
      : byte === 0 || byte > 0x7f
        ? `\\${byte.toString(8).padStart(3, "0")}`
        : String.fromCharCode(byte),
  ).join("");

/** Lists oldest first, so that continuing from the last one skips none. */
export const listBinRequestsAfter = (
  db: Database,
  filter: BinRequestFilter & { readonly after: number },
): Promise<BinRequestPage> => readPage(db, oldestFirst, filter);

async function readPage(
  db: Database,
  statement: string,
  { providerId, binId, before = numberMax, after = 0, limit = 50 }: BinRequestFilter,
  searched: readonly unknown[] = [],
): Promise<BinRequestPage> {
  const range = [providerId, binId, before, after, shownBodyBytesMax * 2, limit + 1];
  const sized = await db.query<Sized>(statement, [...range, ...searched]);
  const numbers = takeWhileFitting(sized.slice(0, limit)).map(({ number }) => number);
  return {
    requests: await readBinRequests(db, { providerId, binId }, numbers),
    hasMore: sized.length > numbers.length,
  };
}

/** Reads requests by number, in the order of the numbers. Missing ones are left out: they may have been deleted meanwhile. */
export async function readBinRequests(
  db: Database,
  { providerId, binId }: BinKey,
  numbers: readonly number[],
): Promise<readonly BinRequest[]> {
  const values = [providerId, binId, numbers, shownBodyBytesMax];
  const rows = numbers.length === 0 ? [] : await db.query<BinRequest>(rowsStatement, values);
  const byNumber = new Map(rows.map((row) => [row.number, row]));
  return numbers.flatMap((number) => byNumber.get(number) ?? []);
}

interface Sized {
  readonly number: number;
  readonly size: number;
}

function takeWhileFitting(sized: readonly Sized[]): readonly Sized[] {
  let bytes = 0;
  return sized.filter(({ size }, at) => (bytes += size) <= binLimits.pageBytes.max || at === 0);
}

const bodyStatement = `select body from bin_requests where provider_id = $1 and bin_id = $2 and number = $3`;

export async function readBinRequestBody(
  db: Database,
  { providerId, binId, number }: BinKey & { readonly number: number },
): Promise<Buffer | undefined> {
  const [row] = await db.query<{ body: Buffer }>(bodyStatement, [providerId, binId, number]);
  return row?.body;
}

const sameSignatureStatement = `
  select headers, body from bin_requests
  where provider_id = $1 and bin_id = $2 and number <> $3 and octet_length(body) <= $5::integer
    and position($4 in headers::text) > 0
  order by number
  limit 1`;

/** Finds another request of the bin with the signature, for comparing the signed parts. */
export async function findSameSignature(
  db: Database,
  { providerId, binId }: BinKey,
  { number, signature }: { readonly number: number; readonly signature: string },
): Promise<Pick<IncomingRequest, "headers" | "body"> | undefined> {
  const text = JSON.stringify(storableText(signature));
  const values = [providerId, binId, number, text, shownBodyBytesMax];
  const [found] = await db.query<Pick<IncomingRequest, "headers" | "body">>(sameSignatureStatement, values);
  return found;
}

// `account_id`, or the id of an `account`, in the documents of all formats.
const accountInBody = `account(?:_id)?\\W+(?:id\\W+)?`;

// Reads the bodies of the provider's bins. A number counts where documents have the id of an account or a user only.
const findAccountStatement = `
  select coalesce($2::bigint, account[1]::bigint) as "accountId"
  from bin_requests
  left join lateral regexp_match(encode(body, 'escape'), '${accountInBody}([0-9]{1,18})\\M') as account on true
  where provider_id = $1 and account is not null and encode(body, 'escape') ~ case
    when $2::bigint is null then 'users?\\W+(?:id\\W+)?' || $3::bigint || '\\M'
    else '${accountInBody}' || $2::bigint || '\\M' end
  limit 1`;

/** Returns the account of a subject that the requests of the provider's bins contain. They outlive its events. */
export async function findAccountInBins(
  db: Database,
  { providerId, accountId, userId }: SoughtSubject,
): Promise<number | undefined> {
  const [found] = await db.query<{ accountId: number }>(findAccountStatement, [providerId, accountId, userId]);
  return found?.accountId;
}

// Along the primary key. A row per `webhook-id`, and one for each request without.
const caughtStatement = `
  select request.provider_id, request.bin_id, request.number, header ->> 1 as event_id
  from (
    select provider_id, bin_id, number, headers from bin_requests
    where (provider_id, bin_id, number) > ($1::bigint, $2, $3)
    order by provider_id, bin_id, number
    limit 1000
  ) as request
  left join lateral json_array_elements(request.headers) as header
    on lower(header ->> 0) = 'webhook-id' and header ->> 1 ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
  order by request.provider_id, request.bin_id, request.number`;

// By primary key. The events of the bins' own providers are only known here.
const knownEventsStatement = `
  select id, provider_id = $1 and account_id = $2 and erased_at is not null as is_erased
  from events
  where provider_id = any($3::bigint[]) and id = any($4::uuid[])`;

// Reads the bodies of requests with expired events only.
const deleteCaughtStatement = `
  delete from bin_requests
  using unnest($1::bigint[], $2::text[], $3::integer[], $4::boolean[]) as caught (provider_id, bin_id, number, is_erased)
  where bin_requests.provider_id = caught.provider_id and bin_requests.bin_id = caught.bin_id
    and bin_requests.number = caught.number
    and case when caught.is_erased then true else position($5::bytea in bin_requests.body) > 0 end`;

type Caught = BinKey & { readonly number: number; readonly eventId: string | null };

type KnownEvent = { readonly id: string; readonly isErased: boolean };

/**
 * Deletes the requests with erased events of a person from all bins of a cell, because an endpoint may point to the bin of another
 * provider. Bins keep requests longer than the history keeps events: a request with an expired event is deleted if its body contains the
 * id of the person, which every document does. Ids have 15 or 16 digits and belong to one object of all cells. May be repeated.
 */
export async function eraseBinRequests(
  home: Database,
  cell: Database,
  { providerId, accountId, userId }: DataSubject,
): Promise<void> {
  const personId = Buffer.from(String(userId ?? accountId));
  let last: Pick<Caught, "providerId" | "binId" | "number"> | undefined = { providerId: 0, binId: "", number: 0 };
  while (last) {
    const page: readonly Caught[] = await cell.query(caughtStatement, [last.providerId, last.binId, last.number]);
    const caught = page.filter(({ eventId }) => eventId !== null);
    const eventIds = caught.map(({ eventId }) => eventId);
    const owners = [...new Set(caught.map((request) => request.providerId))];
    const known = [
      ...(await cell.query<KnownEvent>(knownEventsStatement, [providerId, accountId, owners, eventIds])),
      ...(await home.query<KnownEvent>(knownEventsStatement, [providerId, accountId, [providerId], eventIds])),
    ];
    const isErased = new Map(known.map((event) => [event.id, event.isErased]));
    const requests = caught.filter(({ eventId }) => isErased.get(eventId ?? "") !== false);
    await cell.query(deleteCaughtStatement, [
      requests.map((request) => request.providerId),
      requests.map(({ binId }) => binId),
      requests.map(({ number }) => number),
      requests.map(({ eventId }) => isErased.has(eventId ?? "")),
      personId,
    ]);
    last = page.at(-1);
  }
}

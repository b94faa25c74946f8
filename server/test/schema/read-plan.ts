import pg from "pg";
import type { Database, Pool } from "#platform/database/database.ts";
import { schema } from "../support/test-databases.ts";

/** A scan of a plan as executed. */
export interface Scan {
  /** Without the suffix of a partition. */
  readonly table: string;
  /** False for a sequential scan. */
  readonly isByIndex: boolean;
  /** The index, and its first column. */
  readonly index: { readonly name: string; readonly first: string } | undefined;
  /** The number of rows read, including rows that were filtered out. */
  readonly rows: number;
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly Plans?: readonly PlanNode[];
}

export interface Planner extends AsyncDisposable {
  scansOf(text: string, values: readonly unknown[]): Promise<readonly Scan[]>;
  /** Returns the most rows that a step of the plan handled, with those that it filtered out, in all its executions. */
  mostRowsOf(text: string, values: readonly unknown[]): Promise<number>;
}

// Returns each index's table, or its partitioned table, and first column.
const indexesStatement = `
  select index.relname as name, regexp_replace(owner.relname, '_\\d{8}$', '') as table, first.attname as first
  from pg_index as it
  join pg_class as index on index.oid = it.indexrelid
  join pg_class as owner on owner.oid = it.indrelid
  left join pg_attribute as first on first.attrelid = it.indrelid and first.attnum = it.indkey[0]
  where owner.relnamespace = $1::regnamespace`;

interface Index {
  readonly name: string;
  readonly table: string;
  readonly first: string;
}

/** Executes statements as a connection that has prepared them would, returns their scans, and rolls back. */
export async function openPlanner(connectionString: string, mode: string): Promise<Planner> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(`set search_path to ${schema}, pg_temp`);
  await client.query(`analyze`);
  await client.query(`set plan_cache_mode to ${mode}`);
  const indexes = new Map<string, Index>();
  for (const index of (await client.query<Index>(indexesStatement, [schema])).rows) indexes.set(index.name, index);
  const planOf = async (text: string, values: readonly unknown[]): Promise<PlanNode> => {
    await client.query(`prepare it as ${text}`);
    const parameters = values.length > 0 ? `(${values.map(literalOf).join(", ")})` : "";
    await client.query(`begin`);
    const { rows } = await client.query(`explain (analyze, format json) execute it${parameters}`);
    await client.query(`rollback`);
    await client.query(`deallocate it`);
    return rows[0]["QUERY PLAN"][0].Plan;
  };
  return {
    scansOf: async (text, values) => scansIn(await planOf(text, values), indexes),
    mostRowsOf: async (text, values) => mostRowsIn(await planOf(text, values)),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

/** Returns the database, and the statements that it has executed since. */
export function recordStatements(database: Pool) {
  const statements: { readonly text: string; readonly values: readonly unknown[] }[] = [];
  const recording: Database = {
    ...database,
    query: (text, values = []) => {
      statements.push({ text, values });
      return database.query(text, values);
    },
  };
  return { recording, statements };
}

function rowsOf(node: PlanNode): number {
  const removed = (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0);
  return Math.round((node["Actual Rows"] + removed) * node["Actual Loops"]);
}

const mostRowsIn = (node: PlanNode): number => Math.max(rowsOf(node), ...(node.Plans ?? []).map(mostRowsIn));

function scansIn(node: PlanNode, indexes: ReadonlyMap<string, Index>): readonly Scan[] {
  const index = indexes.get(node["Index Name"] ?? "");
  const table = node["Relation Name"]?.replace(/_\d{8}$/, "") ?? index?.table;
  const rows = rowsOf(node);
  const isByIndex = index !== undefined || node["Node Type"] === "Bitmap Heap Scan";
  const own = table === undefined ? [] : [{ table, index, isByIndex, rows }];
  return [...own, ...(node.Plans ?? []).flatMap((child) => scansIn(child, indexes))];
}

/** Returns a value as an SQL literal. */
export function literalOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof Date) return pg.escapeLiteral(value.toISOString());
  if (Buffer.isBuffer(value)) return binaryArrayOf(value) ?? bytesOf(value);
  if (Array.isArray(value)) return pg.escapeLiteral(`{${value.map((each) => JSON.stringify(String(each))).join(",")}}`);
  return pg.escapeLiteral(typeof value === "string" ? value : JSON.stringify(value));
}

const bytesOf = (bytes: Buffer): string => pg.escapeLiteral(`\\x${bytes.toString("hex")}`);

/** The types that the product sends as binary arrays: by their id, the name and a reader of an element. */
const elementTypes = new Map<number, readonly [name: string, read: (element: Buffer) => string]>([
  [17, ["bytea", bytesOf]],
  [114, ["json", (element) => pg.escapeLiteral(element.toString())]],
  [1184, ["timestamptz", (element) => pg.escapeLiteral(timeOf(element.readBigInt64BE()).toISOString())]],
]);

/** Converts microseconds since 2000. */
const timeOf = (microseconds: bigint): Date => new Date(Number(microseconds / 1000n) + Date.UTC(2000));

/** Returns the literal of an array in PostgreSQL's binary format; undefined for other bytes. */
function binaryArrayOf(bytes: Buffer): string | undefined {
  const headBytes = 20; // dimensions, flags, element type, length, first index
  if (bytes.length < headBytes || bytes.readInt32BE(0) !== 1) return undefined;
  const [name, read] = elementTypes.get(bytes.readInt32BE(8)) ?? [];
  if (name === undefined || read === undefined) return undefined;
  const elements: string[] = [];
  for (let at = headBytes; at < bytes.length;) {
    const size = bytes.readInt32BE(at);
    at += 4;
    elements.push(size < 0 ? "null" : read(bytes.subarray(at, at + size)));
    at += Math.max(0, size);
  }
  return `array[${elements.join(", ")}]::${name}[]`;
}

import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { getSystemErrorName } from "node:util";

/** An error that the operator can fix: printed without a stack trace. */
export class CannotStart extends Error {
  override readonly name = "CannotStart";
}

/** Returns the message of anything thrown; of an AggregateError (one error per address of a host), all messages. */
export function errorMessage(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(errorMessage).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** Returns the code of a system or database error: `ENOENT`, `42501`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Returns whether the error is the reason of an aborted signal. */
export const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";

/**
 * Resources of this process or machine that a connection needs: `descriptors` covers memory of the kernel too, and is
 * lacking for every connection; `ports` is the range of local ports, and is used up for one address and port.
 */
export type Resource = "descriptors" | "ports";

/** EMFILE: the limit of the process. ENFILE: the limit of the machine. ENOBUFS, ENOMEM: memory of the kernel for sockets. */
const descriptorCodes: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

/** Every code of such a lack. */
export const exhaustionCodes: readonly string[] = [...descriptorCodes, "EADDRNOTAVAIL"];

/** A lack of our own, which says nothing about the host that was to be connected to. */
export interface Exhausted {
  readonly code: string;
  readonly resource: Resource;
}

/**
 * Returns the resource that was lacking when a connection was opened, or undefined for errors with other causes. Of the errors
 * at several addresses, one that is ours suffices: that address was not tried.
 */
export function exhaustedBy(error: unknown): Exhausted | undefined {
  if (error instanceof AggregateError) {
    for (const one of error.errors) {
      const exhausted = exhaustedBy(one);
      if (exhausted) return exhausted;
    }
  }
  if (!(error instanceof Error)) return undefined;
  const code = codeOf(error);
  if (code === undefined) return undefined;
  if (descriptorCodes.has(code)) return { code, resource: "descriptors" };
  return code === "EADDRNOTAVAIL" && isOutOfPorts(error) ? { code, resource: "ports" } : undefined;
}

/** Errors of `os` have the number of the system's error only. */
function codeOf(error: Error): string | undefined {
  if ("code" in error && typeof error.code === "string" && error.code !== "ERR_SYSTEM_ERROR") return error.code;
  if (!("errno" in error) || typeof error.errno !== "number" || error.errno === 0) return undefined;
  return getSystemErrorName(-Math.abs(error.errno));
}

/** A machine without an IPv6 address of its own gives the same code for every IPv6 address: then the address is at fault. */
function isOutOfPorts(error: Error): boolean {
  const address = "address" in error && typeof error.address === "string" ? error.address : "";
  if (isIPv4(address)) return true;
  try {
    return Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .some(({ family, internal, address: own }) => family === "IPv6" && !internal && !/^fe[89ab]/i.test(own));
  } catch {
    return false;
  }
}

/** Returns the resource that keeps this process from opening a socket right now. Opens and closes one. */
export function exhaustedNow(): Exhausted | undefined {
  try {
    networkInterfaces();
    return undefined;
  } catch (error) {
    return exhaustedBy(error);
  }
}

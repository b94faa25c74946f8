import { randomBytes } from "node:crypto";

/** As Standard Webhooks recommends: 24 to 64 bytes, in base64, after a prefix that scanners for leaked secrets know. */
export const newSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

import { createHmac } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Audience } from "#access/index.ts";
import { randomHex } from "#platform/ids/random-token.ts";
import { isSameSecret } from "./is-same-secret.ts";
import { readCookie, setCookie } from "./session-cookie.ts";

/**
 * Marks a browser that has signed in with a name before, by a cookie signed for that name. Its attempts have their own
 * counter, so attempts of strangers do not count for it. The cookie is no credential: it opens nothing without the password. (OWASP, "Slow Down Online Guessing Attacks with Device Cookies".)
 */
const names = { developer: "bellwire_developer_device", admin: "bellwire_admin_device" } as const;
const cookieSeconds = 180 * 24 * 3600;
const cookieShape = /^([0-9a-f]{32})\.(\d{1,15})\.(\d{1,15})((?:\.[\w-]{43}){1,2})$/;

interface DeviceNeeds {
  readonly cookieSecret: Buffer;
  readonly secureCookies: boolean;
  readonly clock: { readonly now: () => Date };
}

interface Device {
  readonly audience: Audience;
  readonly providerId: number;
  readonly id: string;
  readonly userId: number;
  readonly issuedAtMs: number;
}

interface DeviceUser {
  readonly id: number;
  readonly username: string;
  readonly email: string | null;
}

/** Marks the browser as one that this user signs in with: by user name or e-mail address. */
export function rememberDevice(
  { cookieSecret, secureCookies, clock }: DeviceNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
  { audience, user }: { readonly audience: Audience; readonly user: DeviceUser },
): void {
  const device = {
    audience,
    providerId: request.provider.id,
    id: randomHex(16),
    userId: user.id,
    issuedAtMs: clock.now().getTime(),
  };
  const logins = user.email === null ? [user.username] : [user.username, user.email];
  const signatures = logins.map((login) => sign(cookieSecret, device, login));
  const value = [device.id, device.issuedAtMs, device.userId, ...signatures].join(".");
  setCookie(reply, names[audience], { value, isSecure: secureCookies, seconds: cookieSeconds });
}

export interface KnownDevice {
  readonly id: string;
  /**
   * Only this user's password may be tried. A login may also be another user's e-mail address, and the owner of many
   * devices must not guess at that one.
   */
  readonly userId: number;
}

/** The device, if somebody has signed in with this login on it before. */
export function knownDeviceOf(
  { cookieSecret, clock }: Pick<DeviceNeeds, "cookieSecret" | "clock">,
  request: FastifyRequest,
  { audience, login }: { readonly audience: Audience; readonly login: string },
): KnownDevice | undefined {
  const [, id, issuedAt, user, signatures] = cookieShape.exec(readCookie(request, names[audience]) ?? "") ?? [];
  if (id === undefined || signatures === undefined) return undefined;
  const [issuedAtMs, userId] = [Number(issuedAt), Number(user)];
  if (clock.now().getTime() - issuedAtMs > cookieSeconds * 1000) return undefined;
  const expected = sign(cookieSecret, { audience, providerId: request.provider.id, id, userId, issuedAtMs }, login);
  return signatures
    .slice(1)
    .split(".")
    .some((it) => isSameSecret(it, expected))
    ? { id, userId }
    : undefined;
}

const sign = (secret: Buffer, { audience, providerId, id, userId, issuedAtMs }: Device, login: string): string =>
  createHmac("sha256", secret)
    .update(`known device ${audience} ${providerId} ${id} ${userId} ${issuedAtMs} ${login.trim().toLowerCase()}`)
    .digest("base64url");

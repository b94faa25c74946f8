import { generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { isIPv4 } from "node:net";
import * as der from "./der.ts";

const dayMs = 24 * 60 * 60_000;

export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  readonly caPem: string;
  /** Issues a certificate for these names or IPv4 addresses, valid today unless `expired`. */
  issue(options: { readonly names: readonly string[]; readonly expired?: boolean }): IssuedCertificate;
}

/** Creates a certificate authority (RFC 5280) that no program trusts by default. */
export function buildAuthority(name = "Test Authority"): Authority {
  const keys = newKeys();
  const issuer = { name, key: keys.privateKey };
  const ca = { subject: name, publicKey: keys.publicKey, days: [-10, 10], extensions: [isAuthority] } as const;
  return {
    caPem: toPem(certificate(issuer, ca)),
    issue({ names, expired = false }) {
      const { publicKey, privateKey } = newKeys();
      const days = expired ? ([-3, -1] as const) : ([-1, 1] as const);
      const its = { subject: names[0] ?? "", publicKey, days, extensions: [alternativeNames(names)] };
      return { cert: toPem(certificate(issuer, its)), key: privateKey.export({ type: "pkcs8", format: "pem" }) };
    },
  };
}

interface Contents {
  readonly subject: string;
  readonly publicKey: KeyObject;
  /** Validity, in days from today. */
  readonly days: readonly [from: number, until: number];
  readonly extensions: readonly Buffer[];
}

const newKeys = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const ecdsaWithSha256 = der.sequence(der.objectId("1.2.840.10045.4.3.2"));
const commonName = (text: string): Buffer =>
  der.sequence(der.set(der.sequence(der.objectId("2.5.4.3"), der.utf8String(text))));
const extension = (id: string, content: Buffer): Buffer =>
  der.sequence(der.objectId(id), der.boolean(true), der.octetString(content));
const isAuthority = extension("2.5.29.19", der.sequence(der.boolean(true)));

const alternativeNames = (names: readonly string[]): Buffer =>
  extension(
    "2.5.29.17",
    der.sequence(
      ...names.map((name) =>
        isIPv4(name) ? der.insteadOf(7, Uint8Array.from(name.split("."), Number)) : der.insteadOf(2, Buffer.from(name)),
      ),
    ),
  );

function certificate(issuer: { readonly name: string; readonly key: KeyObject }, its: Contents): Buffer {
  const [from, until] = its.days;
  const toBeSigned = der.sequence(
    der.around(0, der.integer(Buffer.of(2))), // version 3
    der.integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ecdsaWithSha256,
    commonName(issuer.name),
    der.sequence(der.time(new Date(Date.now() + from * dayMs)), der.time(new Date(Date.now() + until * dayMs))),
    commonName(its.subject),
    its.publicKey.export({ type: "spki", format: "der" }),
    der.around(3, der.sequence(...its.extensions)),
  );
  return der.sequence(toBeSigned, ecdsaWithSha256, der.bitString(sign("sha256", toBeSigned, issuer.key)));
}

const toPem = (certificateDer: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${certificateDer.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;

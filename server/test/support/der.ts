/** The part of DER (ITU-T X.690) that a certificate needs. */
const element = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag), lengthOf(content), content]);
};

function lengthOf({ length }: Buffer): Buffer {
  if (length < 0x80) return Buffer.of(length);
  return length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => element(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => element(0x31, ...items);
/** Big endian, positive, and with a first byte from 1 to 127: DER wants the shortest form. */
export const integer = (bytes: Uint8Array): Buffer => element(0x02, bytes);
export const boolean = (value: boolean): Buffer => element(0x01, Buffer.of(value ? 0xff : 0));
export const octetString = (content: Uint8Array): Buffer => element(0x04, content);
export const bitString = (content: Uint8Array): Buffer => element(0x03, Buffer.of(0), content);
export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text));
/** Writes a context-specific tag: [0], [1] … around elements, or in place of a primitive type. */
export const around = (tag: number, content: Uint8Array): Buffer => element(0xa0 | tag, content);
export const insteadOf = (tag: number, content: Uint8Array): Buffer => element(0x80 | tag, content);

/** `20261124120000Z` */
export const time = (at: Date): Buffer => element(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]|\..*/g, "")}Z`));

/** `2.5.29.17` */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(inBase128)]));
}

function inBase128(part: number): number[] {
  const low = part & 0x7f;
  const high: number[] = [];
  for (let left = part >>> 7; left > 0; left >>>= 7) high.unshift((left & 0x7f) | 0x80);
  return [...high, low];
}

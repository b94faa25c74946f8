// All but what XML 1.0 calls a character. With the `u` flag a pair of surrogates is one, and a lone one is none.
const notXml = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Whether an XML 1.0 document can hold `text`. No escape can write what it cannot hold, so input must be refused. */
export const isXmlText = (text: string): boolean => !notXml.test(text);

/** `text` with U+FFFD in place of each character that XML 1.0 cannot hold. For error messages that repeat input. */
export const toXmlText = (text: string): string => text.replaceAll(new RegExp(notXml, "gu"), "\ufffd");

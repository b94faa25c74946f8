// With the `u` flag a pair of surrogates is one character, so this finds lone ones only.
const notXml = /[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/u;

/** Whether an XML 1.0 document can hold `text`. No escape can write what it cannot hold, so input must be refused. */
export const isXmlText = (text: string): boolean => !notXml.test(text);

const xmlName = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** Whether `text` can name an element: the plain part of what XML allows, without colons and letters beyond ASCII. */
export const isXmlName = (text: string): boolean => xmlName.test(text);

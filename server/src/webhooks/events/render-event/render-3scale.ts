import type { Node } from "#platform/document/document.ts";
import { writeXml } from "#platform/document/write-xml.ts";

/** 3scale's envelope: action, type, object, on one line. Neither part of the type needs escaping. */
export const render3scale = (type: string, document: Node): string => {
  const [object, action] = type.split(".", 2);
  return `<?xml version="1.0" encoding="UTF-8"?><event><action>${action}</action><type>${object}</type><object>${writeXml(document)}</object></event>`;
};

const nameLengthMax = 255;

/** The name that programs know something by, made from the name that people gave it: "Gold & Co." is `gold_co`. */
export const deriveSystemName = (name: string): string =>
  name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
    .slice(0, nameLengthMax) || "unnamed";

const systemName = /^[A-Za-z0-9_/-]+$/;

export const isSystemName = (text: string): boolean => text.length <= nameLengthMax && systemName.test(text);

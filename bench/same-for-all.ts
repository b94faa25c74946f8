/** What every benchmark sends and how: the size of a body of 3scale's, and the engine's default concurrency. */
export const bodyBytes = 1500;
export const inFlightMax = 200;
export const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

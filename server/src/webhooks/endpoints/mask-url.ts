const mask = "…";

/**
 * A URL as it may be shown: the values of its query and who signs in with it are secrets. Works on the text, so that
 * what is not a URL is masked too.
 */
export function maskUrl(url: string): string {
  const [before = "", ...afterHash] = url.split("#");
  const fragment = afterHash.length > 0 ? `#${mask}` : "";
  const [address = "", ...queryParts] = before.split("?");
  const shown = address.replace(/^([a-z+.-]*:?\/\/)[^/\\]*@/i, `$1${mask}@`);
  if (queryParts.length === 0) return shown + fragment;
  const parameters = queryParts.join("?").split("&").map(maskParameter);
  return `${shown}?${parameters.join("&")}${fragment}`;
}

/** Whether a mask stands where a secret belongs, as when part of a masked URL is changed and written back. */
export const containsMask = (url: string): boolean => /(?:[?&=#]|\/\/)…(?:[&#@]|$)/.test(url);

function maskParameter(parameter: string): string {
  if (parameter === "") return "";
  const [name, ...value] = parameter.split("=");
  return value.length > 0 ? `${name}=${mask}` : mask;
}

/** The one cell that the template has. */
export const schema = "bellwire";

export const templateName = "bellwire_template";

export function urlOf(socketFolder: string, database: string): string {
  return `postgresql://postgres@/${database}?host=${encodeURIComponent(socketFolder)}`;
}

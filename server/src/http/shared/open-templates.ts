import { Liquid } from "liquidjs";

export type WriteTemplate = (name: string, data: Readonly<Record<string, unknown>>) => Promise<string>;

/** The Liquid templates of a folder. They see what they are given and nothing else; all but markup is escaped. */
export function openTemplates(folder: string): WriteTemplate {
  const liquid = new Liquid({
    root: folder,
    extname: ".liquid",
    cache: true,
    outputEscape: "escape",
    ownPropertyOnly: true,
    strictFilters: true,
  });
  return async (name, data) => String(await liquid.renderFile(name, data));
}

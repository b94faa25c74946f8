import { Type } from "typebox";
import { textOf, type Parameters } from "./read-parameters.ts";

/** The default and the most. */
const perPageMax = 500;

export const pageQuery = {
  page: Type.Optional(Type.Integer({ minimum: 1, default: 1, description: "Which page, from 1 on." })),
  per_page: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: perPageMax,
      default: perPageMax,
      description: "How many to a page.",
    }),
  ),
};

export interface Page {
  readonly page: number;
  readonly perPage: number;
  /** How many come before it. */
  readonly offset: number;
}

/** Which part of a list is asked for. What makes no sense is read as if it had not been said. */
export function readPage({ page: asked, per_page }: Parameters): Page {
  const [at, per] = [Number(textOf(asked)), Number(textOf(per_page))];
  const page = Number.isInteger(at) && at >= 1 && at <= 1_000_000_000 ? at : 1;
  const perPage = Number.isInteger(per) && per >= 1 && per <= perPageMax ? per : perPageMax;
  return { page, perPage, offset: (page - 1) * perPage };
}

export type Standing = Readonly<Record<"per_page" | "total_entries" | "total_pages" | "current_page", number>>;

/** Where a page stands in its list, when the list has more than one. In XML the root's attributes, in JSON `metadata`. */
export function standingOf({ page, perPage }: Page, total: number): Standing | undefined {
  if (total <= perPage) return undefined;
  return { per_page: perPage, total_entries: total, total_pages: Math.ceil(total / perPage), current_page: page };
}

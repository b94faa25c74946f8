import type { Permissions } from "#portal/provider-account/index.ts";
import type { Call } from "../operation.ts";
import { idOf, textOf, type Parameters } from "../requests/read-parameters.ts";

/** Reads permissions that are sent under these two names. Undefined: they are to stay. */
export function readPermissions(
  values: Parameters,
  names: { readonly sections: string; readonly services: string },
): Permissions {
  const [sections, services] = [values[names.sections], values[names.services]];
  return {
    sections: sections === undefined ? undefined : textsOf(sections),
    serviceIds:
      services === undefined ? undefined : isAll(services) ? null : textsOf(services).map((text) => idOf(text) ?? 0),
  };
}

/** Reads those that come with a user. Of members, who may not grant any, they are dropped, as 3scale drops them. */
export const readPermissionsOfUser = ({ caller, values }: Pick<Call, "caller" | "values">): Permissions =>
  caller.role === "member"
    ? {}
    : readPermissions(values, { sections: "member_permission_ids", services: "member_permission_service_ids" });

/** A form has no null: there the name with nothing behind it says it. A list with nothing in it is a list of none. */
const isAll = (services: unknown): boolean => services === null || services === "";

const textsOf = (it: unknown): readonly string[] =>
  [it ?? []]
    .flat()
    .map((each) => textOf(each) ?? "")
    .filter((text) => text !== "" && text !== "[]"); // 3scale's clients say "[]" in a form for a list of none

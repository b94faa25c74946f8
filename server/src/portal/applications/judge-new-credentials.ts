import { mergeErrors, type FieldErrors, type FieldInput } from "#portal/fields/index.ts";

import type { Application } from "./application.ts";
import { textOf } from "./judge-application.ts";
import { keysMax, wrongKey } from "./keys/judge-key.ts";
import { newKey } from "./keys/new-key.ts";

const idLengthMin = 4;
const idLengthMax = 255;

/** A new application with the id and the keys that a program chose for it, and what is wrong with them. */
export function judgeNewCredentials(
  application: Application,
  values: FieldInput,
  now: Date,
): { readonly application: Application; readonly errors: FieldErrors } {
  const applicationId = textOf(values, "application_id") || undefined;
  const keys = keysIn(values["application_key"]);
  return {
    application: {
      ...application,
      applicationId: applicationId ?? application.applicationId,
      keys: keys.length > 0 ? keys.map((value) => newKey(now, value)) : application.keys,
    },
    errors: mergeErrors({
      application_id: applicationId === undefined ? [] : wrongId(applicationId),
      application_key: wrongKeys(keys),
      base: keys.length > keysMax(application.product) ? ["Limit reached"] : [],
    }),
  };
}

/** One key or a list of them; what is empty is none. */
function keysIn(it: unknown): readonly string[] {
  const them: readonly unknown[] = Array.isArray(it) ? it : [it];
  return them.map((key) => textOf({ key }, "key") ?? "").filter((key) => key !== "");
}

function wrongKeys(keys: readonly string[]): readonly string[] {
  const isRepeated = new Set(keys.map((key) => key.toLowerCase())).size < keys.length;
  return [...new Set(keys.flatMap(wrongKey)), ...(isRepeated ? ["has already been taken"] : [])];
}

// Printable, without spaces, and without slashes, which would end the id in a path.
const idShape = /^[\x21-\x2e\x30-\x7e]+$/;

function wrongId(id: string): readonly string[] {
  if (id.length < idLengthMin) return [`is too short (minimum is ${idLengthMin} characters)`];
  if (id.length > idLengthMax) return [`is too long (maximum is ${idLengthMax} characters)`];
  return idShape.test(id) ? [] : ["is invalid"];
}

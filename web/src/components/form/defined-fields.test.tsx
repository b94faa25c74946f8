import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { ManagementContext, createManagementClient } from "../../api/management-client.ts";
import { fieldsDefinitionsQuery } from "../../api/settings.ts";
import { mount } from "../../testing/in-portal.tsx";
import { DefinedFields } from "./defined-fields.tsx";

const api = createManagementClient(fetch);

interface Shown {
  readonly stored: string;
  readonly isRequired?: boolean;
  readonly isSaved?: boolean;
}

/** Renders the field of an application's stage. */
function showStage({ stored, isRequired = false, isSaved = false }: Shown): HTMLElement {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  queries.setQueryData(fieldsDefinitionsQuery(api).queryKey, [
    {
      id: 1,
      target: "Cinstance",
      name: "stage",
      label: "Stage",
      required: isRequired,
      hidden: false,
      read_only: false,
      choices: ["alpha", "beta"],
      position: 1,
      created_at: "2026-03-01T09:00:00Z",
      updated_at: "2026-03-01T09:00:00Z",
    },
  ]);
  const values = { stage: stored };
  return mount(
    <ManagementContext value={api}>
      <QueryClientProvider client={queries}>
        <DefinedFields
          target="Cinstance"
          values={values}
          saved={values}
          errors={{}}
          onChange={() => undefined}
          isSaved={isSaved}
        />
      </QueryClientProvider>
    </ManagementContext>,
  );
}

/** Returns the choices of the stage, and the one shown for a stored value. */
function stagesShownWhere(stored: string): readonly [choices: readonly string[], shown: string | undefined] {
  const page = showStage({ stored });
  const options = [...page.querySelectorAll("option")];
  return [options.map((element) => element.textContent), page.querySelector("select")?.value];
}

test("a saved value that is no longer offered is shown and can be kept", () => {
  expect(stagesShownWhere("gamma")).toEqual([["None", "alpha", "beta", "gamma"], "gamma"]);
  expect(stagesShownWhere("beta")).toEqual([["None", "alpha", "beta"], "beta"]);
});

test.each([
  ["must be filled in for a new object", { stored: "", isSaved: false }, true],
  ["cannot be removed from a saved object", { stored: "beta", isSaved: true }, true],
  ["may stay away from an object that was saved without it", { stored: "", isSaved: true }, false],
])("a required field %s", (_, shown, expected) => {
  expect(showStage({ ...shown, isRequired: true }).querySelector("select")?.required).toBe(expected);
});

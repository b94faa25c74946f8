import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { ManagementContext, createManagementClient } from "../../api/management-client.ts";
import { fieldsDefinitionsQuery } from "../../api/settings.ts";
import { mount } from "../../testing/in-portal.tsx";
import { DefinedFields } from "./defined-fields.tsx";

const api = createManagementClient(fetch);

/** Returns the choices of an application's stage, and the one shown for a stored value. */
function stagesShownWhere(stored: string): readonly [choices: readonly string[], shown: string | undefined] {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  queries.setQueryData(fieldsDefinitionsQuery(api).queryKey, [
    {
      id: 1,
      target: "Cinstance",
      name: "stage",
      label: "Stage",
      required: false,
      hidden: false,
      read_only: false,
      choices: ["alpha", "beta"],
      position: 1,
      created_at: "2026-03-01T09:00:00Z",
      updated_at: "2026-03-01T09:00:00Z",
    },
  ]);
  const values = { stage: stored };
  const page = mount(
    <ManagementContext value={api}>
      <QueryClientProvider client={queries}>
        <DefinedFields target="Cinstance" values={values} saved={values} errors={{}} onChange={() => undefined} />
      </QueryClientProvider>
    </ManagementContext>,
  );
  const options = [...page.querySelectorAll("option")];
  return [options.map((element) => element.textContent), page.querySelector("select")?.value];
}

test("a saved value that is no longer offered is shown and can be kept", () => {
  expect(stagesShownWhere("gamma")).toEqual([["None", "alpha", "beta", "gamma"], "gamma"]);
  expect(stagesShownWhere("beta")).toEqual([["None", "alpha", "beta"], "beta"]);
});

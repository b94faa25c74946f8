import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiProblem, errorMessage } from "../../api/api-problem.ts";
import { type ApiClient, responseBody, useApi } from "../../api/bellwire-client.ts";
import { type Endpoint, readEndpoints } from "../../api/endpoints.ts";
import type { EventType, EventTypeName } from "../../api/events.ts";
import { type ManagementClient, type Values, useManagement } from "../../api/management-client.ts";
import { type SetEdits, applySetEdits } from "../../components/form/conflicts.ts";
import { focusInvalidField, useMutationOnce } from "../../components/form/use-change.ts";
import { useToast } from "../../components/toast-context.ts";

/** The values of the form. `switches` holds the selected events, such as `account.created`. */
export interface Settings {
  readonly active: boolean;
  readonly provider_actions: boolean;
  readonly all_actors: boolean;
  readonly url: string;
  readonly success: Endpoint["success"];
  readonly switches: ReadonlySet<EventTypeName>;
}

const untouched: Settings = {
  active: false,
  provider_actions: false,
  all_actors: false,
  url: "",
  success: "200",
  switches: new Set(),
};

/** The unsaved edits. */
export interface SettingsEdits extends Partial<Omit<Settings, "switches">> {
  readonly switches?: SetEdits<EventTypeName>;
}

/** Returns the saved settings, or everything off before the first save. */
export function settingsOf(endpoint: Endpoint | null, types: readonly EventType[]): Settings {
  if (!endpoint) return untouched;
  const { active, provider_actions, all_actors, url, success, event_types } = endpoint;
  const isOn = (type: EventTypeName): boolean => event_types.includes("*") || event_types.includes(type);
  return {
    active,
    provider_actions,
    all_actors,
    url,
    success,
    switches: new Set(types.map(({ type }) => type).filter(isOn)),
  };
}

/** Returns the settings as the form shows them. */
export const applyEdits = (saved: Settings, { switches, ...edits }: SettingsEdits): Settings => ({
  ...saved,
  ...edits,
  switches: applySetEdits(saved.switches, switches),
});

/** Returns the edits as values by field. Each event is a field of its own. */
export const editedFields = ({ switches, ...edits }: SettingsEdits, types: readonly EventType[]): Values => ({
  ...edits,
  ...Object.fromEntries(
    types.flatMap(({ type, switch: name }) => (switches?.has(type) ? [[name ?? type, switches.get(type)]] : [])),
  ),
});

/** Returns the settings as values by field. */
export const fieldsOf = ({ switches, ...settings }: Settings, types: readonly EventType[]): Values =>
  editedFields({ ...settings, switches: new Map(types.map(({ type }) => [type, switches.has(type)])) }, types);

interface SaveNeeds {
  readonly api: ApiClient;
  readonly management: ManagementClient;
  readonly types: readonly EventType[];
}

/** Saves the edited settings that 3scale's API has, and then Bellwire's own. Sends no others: somebody may have changed them. */
export async function saveSettings({ api, management, types }: SaveNeeds, edits: SettingsEdits): Promise<void> {
  const { all_actors, success, ...values } = edits;
  const withSwitch = types.filter((type) => type.switch !== null);
  // Creates the endpoint on the first save.
  await management.update("webhooks", editedFields(values, withSwitch));

  if (all_actors === undefined && success === undefined) return;
  const endpoint = await readDefaultEndpoint(api);
  if (!endpoint) throw new Error("The settings were saved but cannot be read.");
  const { id } = endpoint;
  const body = { ...(all_actors !== undefined && { all_actors }), ...(success !== undefined && { success }) };
  await responseBody(api.PATCH("/api/v1/endpoints/{id}", { params: { path: { id } }, body }));
}

const readDefaultEndpoint = async (api: ApiClient): Promise<Endpoint | undefined> =>
  (await readEndpoints(api)).find(({ name }) => name === "default");

/** Returns the settings as they are saved now. */
export const readSettings = async (api: ApiClient, types: readonly EventType[]): Promise<Settings> =>
  settingsOf((await readDefaultEndpoint(api)) ?? null, types);

/** Throws if somebody else has changed an edited field. `repeat` names the action that replaces it. */
export type RefuseConflicts = (present: Values, edited: Values, repeat?: string) => void;

export interface SaveSettingsOptions {
  /** The saved endpoint, or null before the first save. */
  readonly endpoint: Endpoint | null;
  readonly types: readonly EventType[];
  readonly refuseConflicts: RefuseConflicts;
  /** Receives the edits that were saved. */
  readonly onSaved: (edits: SettingsEdits) => void;
}

export function useSaveSettings({ endpoint, types, refuseConflicts, onSaved }: SaveSettingsOptions) {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  const management = useManagement();
  const { mutate, isPending, error, reset } = useMutationOnce({
    mutationFn: async (edits: SettingsEdits) => {
      refuseConflicts(fieldsOf(await readSettings(api, types), types), editedFields(edits, types));
      await saveSettings({ api, management, types }, edits);
    },
    onSuccess: async (_, edits) => {
      await client.invalidateQueries({ queryKey: ["endpoints"] });
      onSaved(edits);
      toast({ kind: "success", title: "The webhook settings were saved", about: "settings" });
    },
    onError: (problem) => {
      // Saving takes two requests, and the first may have succeeded.
      void client.invalidateQueries({ queryKey: ["endpoints"] });
      const isAboutUrl = problem instanceof ApiProblem && Object.keys(problem.errors).join() === "url";
      // If the first save fails, the error beside its field is enough.
      if (!endpoint && isAboutUrl) return;
      toast({
        kind: "danger",
        title: "The webhook settings could not be saved",
        about: "settings",
        ...(!isAboutUrl && { detail: errorMessage(problem) }),
      });
    },
  });
  useEffect(() => {
    if (urlErrorsOf(error).length > 0) focusInvalidField();
  }, [error]);
  return { save: mutate, isSaving: isPending, urlErrors: urlErrorsOf(error), forgetErrors: reset };
}

const urlErrorsOf = (error: unknown): readonly string[] =>
  error instanceof ApiProblem ? (error.errors["url"] ?? []) : [];

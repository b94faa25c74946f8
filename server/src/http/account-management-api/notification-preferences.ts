import { Type } from "typebox";
import {
  changeWithAudit,
  defaultNotificationPreferences,
  describeNotification,
  type NotificationName,
  notificationNames,
  type NotificationPreferences,
  readNotificationPreferences,
  updateNotificationPreferences,
} from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { requireOwner } from "./access-tokens.ts";
import { type Operation, type Parameters, parseText } from "./operation.ts";
import { type ApiResponse, optionalBoolean, renderJson, requireSuccess, type ResponseDoc } from "./responses.ts";

const renderPreferences = (preferences: NotificationPreferences): ApiResponse => ({
  json: () => renderJson({ notification_preferences: preferences }),
});

const descriptionOf = (name: NotificationName): string => {
  const { isOn, section, when } = describeNotification(name);
  const effect =
    section === undefined ? "Stored without an effect: Bellwire has no occasion for it. In 3scale" : "Sent";
  return `${effect} when ${when}. ${isOn ? "On" : "Off"} by default.`;
};

const preferencesResponse: ResponseDoc = {
  schema: Type.Object({
    notification_preferences: Type.Object(
      Object.fromEntries(notificationNames.map((name) => [name, Type.Boolean({ description: descriptionOf(name) })])),
      { title: "NotificationPreferences", description: "Which notifications a user gets by email." },
    ),
  }),
  example: renderPreferences(defaultNotificationPreferences),
};

/** Returns the sent preferences. As in 3scale, a text may stand for a boolean, and other names are ignored. */
function parsePreferences(values: Parameters): ReadonlyMap<NotificationName, boolean> {
  const sent = notificationNames.flatMap((name): [NotificationName, string][] =>
    Object.hasOwn(values, name) ? [[name, parseText(values[name]) ?? ""]] : [],
  );
  const wrong = sent.filter(([, text]) => text !== "true" && text !== "false");
  if (wrong.length > 0) {
    const preferences = wrong.map(([name]) => `invalid value for '${name}', must be either true or false`);
    throw new Problem("invalid", { errors: { preferences } });
  }
  return new Map(sent.map(([name, text]) => [name, text === "true"]));
}

const path = "/personal/notification_preferences";

export const notificationPreferenceOperations: readonly Operation[] = [
  {
    title: "Notification Preferences List",
    description:
      "Returns which notifications you get by email. They are about what you may see, and also about your own changes.",
    method: "GET",
    path,
    action: "read-own",
    isJsonOnly: true,
    response: preferencesResponse,
    async handle({ pool }, call) {
      return renderPreferences(requireSuccess(await readNotificationPreferences(pool, requireOwner(call))));
    },
  },
  {
    title: "Notification Preferences Update",
    description: "Changes the preferences that are sent, and returns all. Absent ones keep their values.",
    method: "PATCH",
    path,
    action: "change-own",
    isJsonOnly: true,
    body: Type.Object(Object.fromEntries(notificationNames.map((name) => [name, optionalBoolean])), {
      examples: [{ account_created: true, application_plan_change_requested: false }],
    }),
    wrapper: "notification_preferences",
    wrapperMayBeEmpty: true,
    response: preferencesResponse,
    async handle({ pool }, call) {
      const owner = requireOwner(call);
      const changes = parsePreferences(call.values);
      if (changes.size === 0) return renderPreferences(requireSuccess(await readNotificationPreferences(pool, owner)));
      const subject = `provider-user/${owner.userId}`;
      const detail = Object.fromEntries(changes);
      const record = { actor: call.by.actor, action: "notifications.changed", subject, detail };
      const changed = await changeWithAudit(pool, { providerId: owner.providerId, ...record }, (tx) =>
        updateNotificationPreferences(tx, owner, changes),
      );
      return renderPreferences(requireSuccess(changed));
    },
  },
];

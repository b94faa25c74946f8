import { titleOf, type Application } from "#portal/applications/index.ts";
import { writeDate, type WrittenDate } from "../write-date.ts";

/** What a program sends to prove which application it is. */
interface Credential {
  readonly id: string;
  readonly label: string;
  readonly value: string;
}

/** An application as the templates see it. */
export interface DescribedApplication {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly state: Application["state"];
  readonly product: string;
  readonly plan: string;
  readonly redirect_url: string | null;
  readonly since: WrittenDate;
  readonly credentials: readonly Credential[];
}

export function describeApplication(application: Application, timeZone: string): DescribedApplication {
  return {
    id: application.id,
    name: titleOf(application),
    description: application.description,
    state: application.state,
    product: application.product.name,
    plan: application.plan.name,
    redirect_url: application.product.backendVersion === "oauth" ? application.redirectUrl : null,
    since: writeDate(application.createdAt, timeZone),
    credentials: credentialsOf(application),
  };
}

/** Of all that an application has, what its product asks for. */
function credentialsOf({ product, userKey, applicationId, keys }: Application): readonly Credential[] {
  if (product.backendVersion === "1") return [{ id: "user-key", label: "API key", value: userKey }];
  const isOAuth = product.backendVersion === "oauth";
  return [
    { id: "application-id", label: isOAuth ? "Client ID" : "Application ID", value: applicationId },
    ...keys.map(({ value }, place) => ({
      id: `key-${place + 1}`,
      label: isOAuth ? "Client secret" : keys.length === 1 ? "Application key" : `Application key ${place + 1}`,
      value,
    })),
  ];
}

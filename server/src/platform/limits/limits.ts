/** How often something may be tried: for each key, `max` attempts in `windowSeconds`. */
export interface AttemptLimit {
  readonly name: string;
  readonly of: string;
  readonly max: number;
  readonly windowSeconds: number;
  readonly says: string;
}

const [minute, hour, day] = [60, 3600, 24 * 3600];
const limit = <Name extends string>(it: AttemptLimit & { readonly name: Name }) => it;

/**
 * Attempts, counted in the database for all processes. Networks are an IPv4 address, or the /64, /56 and /48 of an IPv6
 * address with 1, 4 and 16 times as many attempts.
 */
export const attemptLimits = {
  signInsOfNetwork: limit({
    name: "sign-ins of a network",
    of: "portal of a provider and network",
    max: 100,
    windowSeconds: 10 * minute,
    says: "Against one who tries many names. An office is behind one address.",
  }),
  signInsOfNameAndNetwork: limit({
    name: "sign-ins of a name from a network",
    of: "name and network",
    max: 10,
    windowSeconds: 10 * minute,
    says: "Against one who tries many passwords for a name. A success starts it anew.",
  }),
  signInsOfNameAndNetworkADay: limit({
    name: "sign-ins of a name from a network in a day",
    of: "name and network",
    max: 100,
    windowSeconds: day,
    says: "The same over a day.",
  }),
  signInsOfName: limit({
    name: "sign-ins of a name",
    of: "name",
    max: 20,
    windowSeconds: minute,
    says: "Against many networks that try one name. A network's first three attempts in a day and devices that have signed in with the name are exempt.",
  }),
  signInsOfNameADay: limit({
    name: "sign-ins of a name in a day",
    of: "name",
    max: 1000,
    windowSeconds: day,
    says: "The same over a day, with the same exemptions.",
  }),
  signInsOfDevice: limit({
    name: "sign-ins from a known device",
    of: "device and name",
    max: 10,
    windowSeconds: 10 * minute,
    says: "For a browser that has signed in with the name before. A success starts it anew.",
  }),
  signInsOfDeviceADay: limit({
    name: "sign-ins from a known device in a day",
    of: "device and name",
    max: 100,
    windowSeconds: day,
    says: "The same over a day.",
  }),
  signUps: limit({
    name: "sign-ups",
    of: "provider and network",
    max: 100,
    windowSeconds: 10 * minute,
    says: "An office may sign up behind one address; a script that fills the database may not.",
  }),
  wrongCredentials: limit({
    name: "wrong credentials",
    of: "provider and network",
    max: 30,
    windowSeconds: minute,
    says: "Wrong access tokens and provider keys at the APIs. Valid ones of 32 characters or more pass all the same.",
  }),
  ownPassword: limit({
    name: "wrong current passwords",
    of: "user",
    max: 10,
    windowSeconds: 10 * minute,
    says: "Whoever finds a browser that is signed in must not find out the password with it.",
  }),
  lostPasswordsOfNetwork: limit({
    name: "lost passwords of a network",
    of: "provider and network",
    max: 10,
    windowSeconds: 10 * minute,
    says: "Mails that one network can make us send to others.",
  }),
  lostPasswordsOfPerson: limit({
    name: "lost passwords of a person",
    of: "e-mail address",
    max: 10,
    windowSeconds: 10 * minute,
    says: "Mails that one person can be sent.",
  }),
  developerMails: limit({
    name: "invitations and activation mails",
    of: "account",
    max: 50,
    windowSeconds: 10 * minute,
    says: "Mails that a developer's account makes us send. A team comes in at once.",
  }),
  planRequests: limit({
    name: "plan requests",
    of: "account",
    max: 10,
    windowSeconds: hour,
    says: "Asking for another plan writes to every admin of the provider.",
  }),
} as const;

/** How many of something may belong to one thing. Checked in the transaction that adds one. */
export interface CountLimit {
  readonly name: string;
  /** The owner of the counted rows. */
  readonly of: "provider" | "account" | "user";
  /** The plural noun for messages: "This account has 1000 applications". */
  readonly unit: string;
  readonly max: number;
  /** Counts the rows of provider $1 and, unless the provider is the owner, of the account or user $2. */
  readonly counted: string;
}

const count = <Name extends string>(it: CountLimit & { readonly name: Name }) => it;

export const countLimits = {
  applications: count({
    name: "applications-per-account",
    of: "account",
    unit: "applications",
    max: 1000,
    counted: "select count(*)::integer as used from applications where provider_id = $1 and account_id = $2",
  }),
  users: count({
    name: "users-per-account",
    of: "account",
    unit: "users",
    max: 1000,
    counted: "select count(*)::integer as used from users where provider_id = $1 and account_id = $2",
  }),
  invitations: count({
    name: "open-invitations-per-account",
    of: "account",
    unit: "open invitations",
    max: 500,
    counted: `
      select count(*)::integer as used from invitations
      where provider_id = $1 and account_id = $2 and accepted_at is null`,
  }),
  endpoints: count({
    name: "endpoints-per-provider",
    of: "provider",
    unit: "endpoints",
    max: 1000,
    counted: "select count(*)::integer as used from endpoints where provider_id = $1 and deleted_at is null",
  }),
  bins: count({
    name: "bins-per-provider",
    of: "provider",
    unit: "request bins",
    max: 200,
    counted: "select count(*)::integer as used from bins where provider_id = $1",
  }),
  accessTokens: count({
    name: "access-tokens-per-user",
    of: "user",
    unit: "access tokens",
    max: 500,
    counted: "select count(*)::integer as used from access_tokens where provider_id = $1 and user_id = $2",
  }),
  fieldsDefinitions: count({
    name: "fields-definitions-per-provider",
    of: "provider",
    unit: "fields definitions",
    max: 200,
    counted: "select count(*)::integer as used from fields_definitions where provider_id = $1",
  }),
} as const;

/** Changes of one account that raise events, and the bytes that they are recorded with, in a minute. */
export const changeLimits = {
  changes: { name: "changes-per-account-and-minute", max: 6000 },
  bytes: { name: "recorded-bytes-per-account-and-minute", max: 8 * 1024 * 1024 },
} as const;

/** Characters of texts that are not names: those have 255. */
export const textLimits = {
  field: {
    name: "field-value-length",
    max: 10_000,
    says: "A value of a field that the provider defines, or a description.",
  },
  choices: { name: "choices-per-field", max: 500, says: "Values that a field offers to choose from." },
} as const;

/** Sizes and times of one request. A request that takes longer gets 408, and its connection is closed. */
export const requestLimits = {
  headerSeconds: { name: "request-header-seconds", max: 20, says: "Until all headers have arrived." },
  requestSeconds: { name: "request-seconds", max: 60, says: "Until the whole body has arrived." },
  apiBodyBytes: { name: "api-body-bytes", max: 1024 * 1024, says: "The body of a request to either API." },
  formBytes: { name: "form-bytes", max: 64 * 1024, says: "A form of the Developer Portal." },
  signInFormBytes: { name: "sign-in-form-bytes", max: 16 * 1024, says: "A form of the Admin Portal's sign-in." },
} as const;

/** The limits that `providers.limits` can change for one provider. */
export const changeableLimits: readonly { readonly name: string; readonly max: number }[] = [
  ...Object.values(countLimits),
  ...Object.values(changeLimits),
];

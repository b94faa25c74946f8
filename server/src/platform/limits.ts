import { unguessableLength } from "./ids.ts";

/** How often something may be tried: for each key, `max` attempts in `windowSeconds`. */
export interface AttemptLimit {
  readonly name: string;
  readonly of: string;
  readonly max: number;
  readonly windowSeconds: number;
  readonly note: string;
}

const [minute, hour, day] = [60, 3600, 24 * 3600];
const mebibyte = 1024 * 1024;
const attemptLimit = <Name extends string>(limit: AttemptLimit & { readonly name: Name }) => limit;

/**
 * Attempts, counted in the database for all processes. Networks are an IPv4 address, or the /64, /56 and /48 of an IPv6
 * address with 1, 4 and 16 times as many attempts.
 */
export const attemptLimits = {
  signInsOfNetwork: attemptLimit({
    name: "sign-ins of a network",
    of: "portal of a provider and network",
    max: 100,
    windowSeconds: 10 * minute,
    note: "Against trying many names. An office shares one address.",
  }),
  signInsOfNameAndNetwork: attemptLimit({
    name: "sign-ins of a name from a network",
    of: "name and network",
    max: 10,
    windowSeconds: 10 * minute,
    note: "Against trying many passwords for a name. A success resets it.",
  }),
  signInsOfNameAndNetworkADay: attemptLimit({
    name: "sign-ins of a name from a network in a day",
    of: "name and network",
    max: 100,
    windowSeconds: day,
    note: "The same over a day.",
  }),
  signInsOfName: attemptLimit({
    name: "sign-ins of a name",
    of: "name",
    max: 20,
    windowSeconds: minute,
    note: "Against trying one name from many networks. A network's first three attempts in a day and devices that have signed in with the name are exempt.",
  }),
  signInsOfNameADay: attemptLimit({
    name: "sign-ins of a name in a day",
    of: "name",
    max: 1000,
    windowSeconds: day,
    note: "The same over a day, with the same exemptions.",
  }),
  signInsOfDevice: attemptLimit({
    name: "sign-ins from a known device",
    of: "device and name",
    max: 10,
    windowSeconds: 10 * minute,
    note: "For a browser that has signed in with the name before. A success resets it.",
  }),
  signInsOfDeviceADay: attemptLimit({
    name: "sign-ins from a known device in a day",
    of: "device and name",
    max: 100,
    windowSeconds: day,
    note: "The same over a day.",
  }),
  signUps: attemptLimit({
    name: "sign-ups",
    of: "provider and network",
    max: 100,
    windowSeconds: 10 * minute,
    note: "Allows an office behind one address, but no script that fills the database.",
  }),
  wrongCredentials: attemptLimit({
    name: "wrong credentials",
    of: "provider and network",
    max: 30,
    windowSeconds: minute,
    note: `Wrong access tokens and provider keys at the APIs. Valid ones of ${unguessableLength} characters or more are never limited.`,
  }),
  ownPassword: attemptLimit({
    name: "wrong current passwords",
    of: "user",
    max: 10,
    windowSeconds: 10 * minute,
    note: "Against guessing the password in a browser that was left signed in.",
  }),
  requestedLinksOfNetwork: attemptLimit({
    name: "mailed links requested by a network",
    of: "provider and network",
    max: 10,
    windowSeconds: 10 * minute,
    note: "Links to activate an account or choose a new password, mailed to other people.",
  }),
  requestedLinksOfPerson: attemptLimit({
    name: "mailed links requested for a person",
    of: "email address",
    max: 10,
    windowSeconds: 10 * minute,
    note: "The same, to one person. Invitations and activation mails that the team and its programs send are counted apart.",
  }),
  mailsOfUsers: attemptLimit({
    name: "invitations, activation mails and changed addresses",
    of: "account, or user of the provider",
    max: 50,
    windowSeconds: 10 * minute,
    note: "Mails that developers can trigger, notices of changes to a user of the provider, and of changes to developers that the user makes in the Admin Portal. A team is invited at once. Changes of developers that notify users of the provider are counted apart.",
  }),
  planRequests: attemptLimit({
    name: "plan requests",
    of: "account",
    max: 10,
    windowSeconds: hour,
    note: "A request for a plan or a subscription is mailed to the users of the provider.",
  }),
  messages: attemptLimit({
    name: "messages to the provider",
    of: "account",
    max: 20,
    windowSeconds: hour,
    note: "A message of a developer is mailed to the users of the provider.",
  }),
} as const;

/** How many of something may belong to one thing. Checked in the transaction that adds one. */
export interface CountLimit {
  readonly name: string;
  /** The owner of the counted rows. */
  readonly of: "provider" | "account" | "user" | "plan";
  /** The plural noun for messages: "This account has 1000 applications". */
  readonly unit: string;
  readonly max: number;
  /** Counts the rows of provider $1 and, unless the provider is the owner, of the account, user or plan $2. */
  readonly counted: string;
}

const count = <Name extends string>(limit: CountLimit & { readonly name: Name }) => limit;

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
  // Each direction has its own, so that an account that writes many keeps nobody from answering.
  messagesToAccount: count({
    name: "messages-to-account",
    of: "account",
    unit: "received messages",
    max: 1000,
    counted: `
      select count(*)::integer as used from messages
      where provider_id = $1 and account_id = $2 and sender = 'provider' and kept_by_provider`,
  }),
  messagesFromAccount: count({
    name: "messages-from-account",
    of: "account",
    unit: "sent messages",
    max: 1000,
    counted: `
      select count(*)::integer as used from messages
      where provider_id = $1 and account_id = $2 and sender = 'account' and kept_by_provider`,
  }),
  // A sign-up may create an application for each, which takes four milliseconds.
  products: count({
    name: "products-per-provider",
    of: "provider",
    unit: "products",
    max: 1000,
    counted: "select count(*)::integer as used from products where provider_id = $1",
  }),
  // Developers choose from all of them on one page. Fifty thousand were three megabytes, and kept all other requests of a process
  // waiting for more than a second. Custom plans are on no such page, and an application has one at most.
  plans: count({
    name: "plans-per-provider",
    of: "provider",
    unit: "plans",
    max: 5000,
    counted: "select count(*)::integer as used from plans where provider_id = $1 and customized_from is null",
  }),
  // The API lists them all, with descriptions of up to 10,000 characters.
  features: count({
    name: "features-per-provider",
    of: "provider",
    unit: "features",
    max: 1000,
    counted: "select count(*)::integer as used from features where provider_id = $1",
  }),
  // Developers see them on the page with all plans. Those of custom plans are copies that nobody else sees.
  planFeatures: count({
    name: "plan-features-per-provider",
    of: "provider",
    unit: "features of plans",
    max: 5000,
    counted: `
      select count(*)::integer as used from plan_features
      where provider_id = $1
        and plan_id in (select id from plans where provider_id = $1 and customized_from is null)`,
  }),
  // The log-in offers all published ones.
  authenticationProviders: count({
    name: "authentication-providers-per-provider",
    of: "provider",
    unit: "authentication providers",
    max: 50,
    counted: "select count(*)::integer as used from authentication_providers where provider_id = $1",
  }),
  // A list of products has them all.
  metrics: count({
    name: "metrics-per-provider",
    of: "provider",
    unit: "metrics",
    max: 5000,
    counted: "select count(*)::integer as used from metrics where provider_id = $1",
  }),
  // Developers see them on the page with all plans. Custom plans, which are on no such page, have copies.
  usageLimits: count({
    name: "usage-limits-per-provider",
    of: "provider",
    unit: "usage limits",
    max: 5000,
    counted: `
      select count(*)::integer as used from usage_limits
      where provider_id = $1
        and plan_id not in (select id from plans where provider_id = $1 and customized_from is not null)`,
  }),
  pricingRules: count({
    name: "pricing-rules-per-provider",
    of: "provider",
    unit: "pricing rules",
    max: 5000,
    counted: `
      select count(*)::integer as used from pricing_rules
      where provider_id = $1
        and plan_id not in (select id from plans where provider_id = $1 and customized_from is not null)`,
  }),
  // Developers see all of their own plan, which may be a custom one.
  limitsOfPlan: count({
    name: "usage-limits-per-plan",
    of: "plan",
    unit: "usage limits",
    max: 5000,
    counted: "select count(*)::integer as used from usage_limits where provider_id = $1 and plan_id = $2",
  }),
  rulesOfPlan: count({
    name: "pricing-rules-per-plan",
    of: "plan",
    unit: "pricing rules",
    max: 5000,
    counted: "select count(*)::integer as used from pricing_rules where provider_id = $1 and plan_id = $2",
  }),
  // There may be as many as products. A page of the Developer Portal lists those that are published.
  apiSpecifications: count({
    name: "api-specifications-per-provider",
    of: "provider",
    unit: "API specifications",
    max: 1000,
    counted: "select count(*)::integer as used from api_specifications where provider_id = $1",
  }),
  // An alert and a plan request mail each admin. A change of one locks and reads them all.
  teamMembers: count({
    name: "team-members-per-provider",
    of: "provider",
    unit: "team members",
    max: 1000,
    counted: "select count(*)::integer as used from provider_users where provider_id = $1",
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
  jobs: count({
    name: "running-jobs-per-provider",
    of: "provider",
    unit: "running jobs",
    max: 20,
    counted:
      "select count(*)::integer as used from jobs where provider_id = $1 and finished_at is null and kind <> 'export'",
  }),
  exports: count({
    name: "exports-per-provider",
    of: "provider",
    unit: "exports",
    max: 50,
    counted: "select count(*)::integer as used from jobs where provider_id = $1 and kind = 'export'",
  }),
  savedViews: count({
    name: "views-per-user",
    of: "user",
    unit: "views",
    max: 200,
    counted: "select count(*)::integer as used from saved_views where provider_id = $1 and user_id = $2",
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

/**
 * What visitors and developers of one provider may add, all together. The provider's own programs and admins are neither counted nor
 * refused. Strangers leave room for those who are known, and both leave room on the disk.
 */
export const developerLimits = {
  recorded: attemptLimit({
    name: "developers-kib-per-provider-and-hour",
    of: "provider",
    max: 128 * 1024,
    windowSeconds: hour,
    note: "KiB of events, of the bodies of their deliveries, and of mails that developers cause: 1 KiB more for each event and 0.5 KiB more for each delivery.",
  }),
  recordedByNewcomers: attemptLimit({
    name: "newcomers-kib-per-provider-and-hour",
    of: "provider",
    max: 64 * 1024,
    windowSeconds: hour,
    note: "The part of them that accounts in their first day may use, sign-ups included.",
  }),
  signUps: attemptLimit({
    name: "sign-ups-per-provider-and-hour",
    of: "provider",
    max: 2000,
    windowSeconds: hour,
    note: "Accounts that visitors create, from all networks. Accounts are kept, other than events.",
  }),
} as const;

/** Characters of texts that are not names, which have 255, and numbers of choices. */
export const textLimits = {
  field: {
    name: "field-value-length",
    max: 10_000,
    note: "A value of a custom field, a description, or the text of a message.",
  },
  // A list shows 500 objects, so it has up to 33 MB. Two megabytes each kept all other requests of a process waiting for seconds.
  fields: { name: "field-values-length", max: 65_535, note: "All field values of an object together." },
  // An event of an account has all of its users, and its deletion has an event of each application. Sixty megabytes kept all other
  // requests of a process waiting for 8 and for 17 seconds.
  account: {
    name: "texts-per-account-length",
    max: mebibyte,
    note: "All field values of an account's users together, or of its applications with their descriptions.",
  },
  // Ten sign-ups at a time to a thousand products with 195,000 characters each took 23 s and 2 GB.
  products: {
    name: "texts-of-products-length",
    max: mebibyte,
    note: "All descriptions, terms and support texts of a provider's products together.",
  },
  metrics: {
    name: "texts-of-metrics-length",
    max: mebibyte,
    note: "All descriptions of a provider's metrics and methods together.",
  },
  // A browser reads it in one piece, and the largest APIs that are public have several hundred kilobytes.
  specification: {
    name: "api-specification-bytes",
    max: mebibyte,
    note: "The body of an API specification, in bytes.",
  },
  // Each reader's page is made from it.
  specificationLevels: {
    name: "api-specification-levels",
    max: 500,
    note: "Lists and objects inside of each other in an API specification.",
  },
  specificationParts: {
    name: "api-specification-parts",
    max: 10_000,
    note: "Items of one list, or members of one object, in an API specification.",
  },
  specifications: {
    name: "api-specifications-bytes",
    max: 64 * mebibyte,
    note: "The bodies of a provider's API specifications together, in bytes.",
  },
  password: { name: "password-length", max: 1000, note: "A password." },
  choices: { name: "choices-per-field", max: 500, note: "Choices of a field." },
  // The sign-up form, which strangers read, has them all. 75,000 were 38 MB, and took 6 s.
  allChoices: { name: "choices-per-provider", max: 5000, note: "Choices of all fields of a provider together." },
} as const;

/** Sizes and times of one request. A request that takes longer gets 408, and its connection is closed. */
export const requestLimits = {
  headerSeconds: { name: "request-header-seconds", max: 20, note: "Until all headers have arrived." },
  requestSeconds: { name: "request-seconds", max: 60, note: "Until the whole body has arrived." },
  idleSeconds: { name: "connection-idle-seconds", max: 180, note: "Without a byte. Unread responses: up to twice it." },
  apiBodyBytes: { name: "api-body-bytes", max: 1024 * 1024, note: "The body of a request to either API." },
  // Quotes and line breaks of JSON take two bytes inside JSON, and up to three in a form.
  specificationBodyBytes: {
    name: "api-specification-body-bytes",
    max: 4 * mebibyte,
    note: "The same with an API specification, which is a text inside of JSON or a form.",
  },
  strangersBodyBytes: {
    name: "body-bytes-of-strangers",
    max: 64 * mebibyte,
    note: "Bodies over 16 KiB that are arriving at a process, without a valid access token in a header or the query. Beyond it 429.",
  },
  strangersBodyBytesOfNetwork: {
    name: "body-bytes-of-strangers-per-network",
    max: 16 * mebibyte,
    note: "Per network.",
  },
  callersBodyBytes: { name: "body-bytes-of-callers", max: 64 * mebibyte, note: "The same with such a token." },
  callersBodyBytesOfProvider: { name: "body-bytes-of-callers-per-provider", max: 32 * mebibyte, note: "Per provider." },
  formFields: { name: "form-fields", max: 5000, note: "Fields of a form." },
  jsonValues: {
    name: "json-values",
    max: 10_000,
    note: "Values in the JSON of a body: members of objects and items of lists.",
  },
  formBytes: { name: "form-bytes", max: 640 * 1024, note: "A form of the Developer Portal. Many letters take nine." },
  signInFormBytes: { name: "sign-in-form-bytes", max: 16 * 1024, note: "A form of the Admin Portal's sign-in." },
} as const;

const reservedMinMebibytes = 64;

/** Limits that keep the disk of a database from filling up. */
export const diskLimits = {
  keptBodies: {
    name: "kept-response-bytes-per-endpoint",
    max: 4 * mebibyte,
    perSecond: 16 * 1024,
    note: "Bodies over 1 KiB of receivers' responses, up to 64 KiB of each, per endpoint and engine. Beyond it, the first KiB of a body is kept.",
  },
  sessions: { name: "sessions-per-user", max: 100, note: "A sign-in ends the user's oldest sessions beyond it." },
  reserved: {
    name: "reserved-disk-bytes",
    max: 2048 * mebibyte,
    min: reservedMinMebibytes * mebibyte,
    part: 1 / 20,
    note: `Free space on the disk of the embedded database: a twentieth of the disk, at least ${reservedMinMebibytes} MiB and at most this. With less, sign-ups, changes with events and requests to bins get 503 (\`database-full\`); deliveries, deletions and settings go on.`,
  },
} as const;

/** Waits before the retries of a delivery. */
export const retryWaitLimits = { countMax: 50, secondsMax: 7 * 24 * 60 * 60 } as const;

/** Jobs on selected deliveries, failures, events and attempts. */
export const jobLimits = {
  rows: { name: "rows-per-job", max: 1_000_000, note: "Rows of one job. Their ids are stored when it is created." },
  ids: { name: "ids-per-job", max: 1000, note: "Rows that are selected by their ids instead of a filter." },
  resultDays: { name: "export-days", max: 7, note: "Days until an export is deleted." },
} as const;

/** The limits that `providers.limits` can change for one provider. */
export const changeableLimits: readonly { readonly name: string; readonly max: number }[] = [
  ...Object.values(countLimits),
  ...Object.values(changeLimits),
  ...Object.values(developerLimits),
];

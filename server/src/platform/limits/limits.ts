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

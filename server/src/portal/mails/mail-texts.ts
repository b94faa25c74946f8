import type { NewMail } from "./mail.ts";

/** Who a mail is from, in its words. */
interface Sender {
  readonly name: string;
}

interface Activation {
  readonly provider: Sender;
  readonly recipient: string;
  readonly username: string;
  readonly url: string;
}

export const activationMail = ({ provider, recipient, username, url }: Activation): NewMail => ({
  recipient,
  subject: `${provider.name}: activate your account`,
  text: `Hello ${username},

thank you for signing up at ${provider.name}. Open this link within two weeks to activate your account:

${url}
`,
});

interface Invitation {
  readonly provider: Sender;
  readonly recipient: string;
  readonly orgName: string;
  readonly url: string;
}

export const invitationMail = ({ provider, recipient, orgName, url }: Invitation): NewMail => ({
  recipient,
  subject: `${provider.name}: join ${orgName}`,
  text: `Hello,

you are invited to join ${orgName} at ${provider.name}. Open this link within two weeks to choose a user name and a password:

${url}

If you do not know ${orgName}, you need not do anything.
`,
});

interface LostPassword {
  readonly provider: Sender;
  readonly recipient: string;
  readonly username: string;
  readonly url: string;
}

export const lostPasswordMail = ({ provider, recipient, username, url }: LostPassword): NewMail => ({
  recipient,
  subject: `${provider.name}: choose a new password`,
  text: `Hello ${username},

somebody asked for a new password for your account at ${provider.name}. Open this link within an hour to choose one:

${url}

If that was not you, you need not do anything: your password stays as it is.
`,
});

const ofState = {
  approved: {
    subject: "your account is approved",
    says: "is approved. You can log in now",
  },
  pending: {
    subject: "your account is waiting for approval",
    says: "is waiting for approval. We will write to you once that is decided",
  },
  rejected: {
    subject: "your account is not approved",
    says: "was not approved. Answer this mail if you think that this is a mistake",
  },
} as const;

interface AccountState {
  readonly provider: Sender;
  readonly recipient: string;
  readonly username: string;
  readonly orgName: string;
  readonly state: keyof typeof ofState;
}

export const accountStateMail = ({ provider, recipient, username, orgName, state }: AccountState): NewMail => ({
  recipient,
  subject: `${provider.name}: ${ofState[state].subject}`,
  text: `Hello ${username},

the account of ${orgName} at ${provider.name} ${ofState[state].says}.
`,
});

import { nameInLine } from "#platform/document/plain-text.ts";
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
  subject: `${nameInLine(provider.name)}: activate your account`,
  text: `Hello ${username},

thank you for signing up at ${nameInLine(provider.name)}. Open this link within two weeks to activate your account:

${url}
`,
  secretLink: url,
});

interface Invitation {
  readonly provider: Sender;
  readonly recipient: string;
  readonly orgName: string;
  readonly url: string;
}

export const invitationMail = ({ provider, recipient, orgName, url }: Invitation): NewMail => ({
  recipient,
  subject: `${nameInLine(provider.name)}: join ${nameInLine(orgName)}`,
  text: `Hello,

you are invited to join "${nameInLine(orgName)}" at ${nameInLine(provider.name)}. Open this link within two weeks to choose a user name and a password:

${url}

If you do not know "${nameInLine(orgName)}", you need not do anything.
`,
  secretLink: url,
});

interface LostPassword {
  readonly provider: Sender;
  readonly recipient: string;
  readonly username: string;
  readonly url: string;
}

export const lostPasswordMail = ({ provider, recipient, username, url }: LostPassword): NewMail => ({
  recipient,
  subject: `${nameInLine(provider.name)}: choose a new password`,
  text: `Hello ${username},

somebody asked for a new password for your account at ${nameInLine(provider.name)}. Open this link within an hour to choose one:

${url}

If that was not you, you need not do anything: your password stays as it is.
`,
  secretLink: url,
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
  subject: `${nameInLine(provider.name)}: ${ofState[state].subject}`,
  text: `Hello ${username},

the account of ${nameInLine(orgName)} at ${nameInLine(provider.name)} ${ofState[state].says}.
`,
});

export { applicationRejectedMail } from "./application-rejected-mail.ts";
export { accountStateMail, activationMail, invitationMail, lostPasswordMail } from "./mail-texts.ts";
export { deleteOldMails } from "./delete-old-mails.ts";
export type { Mail, NewMail } from "./mail.ts";
export { countMails, countWaitingMails, insertMail, listMails } from "./mails-table.ts";
export { mailPlanRequest } from "./mail-plan-request.ts";
export { sendDueMails, type SendMail } from "./send-due-mails.ts";

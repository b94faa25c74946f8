export {
  accountStateMail,
  activationMail,
  applicationRejectedMail,
  insertPlanRequestMails,
  invitationMail,
  lostPasswordMail,
} from "./mail-texts.ts";
export {
  countMails,
  countWaitingMails,
  deleteOldMails,
  eraseMails,
  insertMail,
  listMails,
  listMailsOfPerson,
  type Mail,
  type NewMail,
  sendDueMails,
  type SendMail,
} from "./outbox.ts";

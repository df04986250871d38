// One's own account, where one is signed in, and an invitation.
import { at, id, type S } from "./base";

export const account: S["AccountView"] = {
  email: "reviewer@northfold.example",
  name: "Robin Vermeer",
  has_password: true,
  totp: false,
  recovery_codes_left: 0,
  passkeys: [
    { id: id(900), name: "Laptop", created_at: at(9_000), used_at: at(50) },
    { id: id(901), name: "Security key in the drawer", created_at: at(19_000), used_at: null },
  ],
  passkeys_possible: true,
  second_factor_required: false,
};

const workspace = { id: id(2), slug: "northfold", name: "Northfold Outdoor" };

export const sessions: S["SessionList"] = {
  items: [
    {
      id: id(910),
      current: true,
      device:
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
      address: "10.1.2.3",
      second_factor: true,
      workspace,
      created_at: at(600),
      seen_at: at(3),
      expires_at: at(-10_000),
    },
    {
      id: id(911),
      current: false,
      device: "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
      address: "2001:db8:0:1:1:1:1:1",
      second_factor: false,
      workspace,
      created_at: at(6_000),
      seen_at: at(700),
      expires_at: at(-9_000),
    },
  ],
};

export const waysIn: S["SignInOptions"] = {
  companies: [{ name: "acme", title: "Acme" }],
  passkeys: true,
  reset_by_mail: true,
};

export const invited: S["InvitationLook"] = {
  workspace: "Northfold Outdoor",
  email: "ada@example.com",
  role: "reviewer",
  invited_by: { kind: "user", user_id: id(1), name: "Robin Vermeer" },
  has_account: false,
};

export const offer: S["TotpOffer"] = {
  url: "otpauth://totp/Countersign:reviewer%40northfold.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Countersign",
  secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
};

export const mailed: S["MailedView"] = {
  mailed: null,
  possible: true,
  by_link: true,
  after_seconds: 300,
  at_most_an_hour: 6,
  pressing_cents: 5000,
  pressing_minutes: 60,
};

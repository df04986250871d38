// Colleagues, roles, teams and keys.
import { adminMay, agentMay, at, id, type S, user, viewerMay } from "./base";

const person = (n: number, over: Partial<S["User"]>): S["User"] => ({
  ...user,
  id: id(600 + n),
  email: `colleague${n}@northfold.example`,
  name: `Colleague ${n}`,
  ...over,
});

export const people: S["User"][] = [
  user,
  person(1, { name: "Ada Ring", role: "agent", title: "Support" }),
  person(2, { name: "Bo Lind", role: "refund_desk", title: "" }),
  person(3, { name: "Cy Moor", role: "viewer", deactivated_at: at(100) }),
];

const permission = (name: S["Permission"], means: string, takes_a_person = false) => ({
  name,
  means,
  takes_a_person,
});

export const matrix: S["Matrix"] = {
  permissions: [
    permission("read_tickets", "Reads tickets, their messages and timelines."),
    permission("decide_approvals", "Decides approvals that are asked of their role.", true),
    permission("read_approvals", "Reads approvals."),
    permission("manage_people", "Changes colleagues' roles.", true),
    permission("manage_roles", "Makes roles of the workspace's own.", true),
  ],
  roles: [
    { name: "viewer", built_in: true, description: "", permissions: viewerMay },
    { name: "agent", built_in: true, description: "", permissions: agentMay },
    { name: "admin", built_in: true, description: "", permissions: adminMay },
    { name: "owner", built_in: true, description: "", permissions: [...adminMay, "manage_roles"] },
    {
      name: "refund_desk",
      built_in: false,
      description: "Decides refunds",
      permissions: ["read_approvals", "decide_approvals"],
    },
  ],
};

export const teams: S["Team"][] = [
  { name: "refunds", description: "Money back", created_at: at(5_000) },
];

export const teamOf = (...members: S["User"][]): S["TeamView"] => ({
  team: teams[0] as S["Team"],
  members: members.map(({ id, name, role }) => ({ id, name, role })),
});

export const accounts: S["ServiceAccountItem"][] = [
  { id: id(650), name: "Shop", description: "Orders", created_at: at(9_000), deactivated_at: null },
];

export const keys: S["ApiKeyItem"][] = [
  {
    id: id(660),
    name: "Orders of the shop",
    user_id: null,
    service_account_id: id(650),
    scopes: ["read_tickets", "open_tickets"],
    hint: "cs_live_1a2b",
    created_at: at(9_000),
    expires_at: null,
    revoked_at: null,
    last_used_at: at(30),
  },
];

export const asked: S["InvitationView"] = {
  id: id(670),
  email: "dee@example.com",
  role: "agent",
  invited_by: { kind: "user", user_id: user.id, name: user.name },
  created_at: at(600),
  expires_at: at(-9_000),
  is_over: false,
};

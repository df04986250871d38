import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { api, Problem, send } from "../api/client";
import type { Permission } from "../api/words";
import { forget, know } from "../start/known";

/** Who is signed in. Fails with status 401 when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async () => {
    try {
      const session = await send(api.GET("/v1/session"));
      // Somebody who still has to set up a second factor may nothing until then.
      know(session.second_factor_missing ? [] : session.permissions);
      return session;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) forget();
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

/** The ways in, for who is not signed in. */
export const signInOptionsQuery = queryOptions({
  queryKey: ["sign-in"],
  queryFn: () => send(api.GET("/v1/sign-in")),
  staleTime: 5 * 60_000,
});

export const COMPANY_FAILURES = [
  "provider",
  "late",
  "refused",
  "unverified",
  "domain",
  "unknown",
] as const;
/** Why somebody came back from their company without a session. */
export type CompanyFailure = (typeof COMPANY_FAILURES)[number];

/** For pages behind the sign-in, where the router has loaded the session already. */
export function useSession() {
  const { data } = useSuspenseQuery(sessionQuery);
  return {
    may: (permission: Permission) => data.permissions.includes(permission),
    workspace: data.workspace,
    workspaces: data.workspaces,
    role: data.role,
    userId: data.user?.id,
    name: data.user?.name ?? data.api_key?.name ?? "",
    secondFactorMissing: data.second_factor_missing,
  };
}

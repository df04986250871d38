// Who is signed in as a customer. The cookie is the service's; that there may be one is remembered here, so that who
// never signed in asks for nothing.
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, Problem, send } from "../api/client";
import type { S } from "../api/words";
import { kept, useKept } from "../parts/store";

export type Customer = S["CustomerSessionView"];

/** Somebody signed in in this browser and did not sign out. */
export const signedIn = kept<boolean>(
  "countersign.customer",
  false,
  (value): value is boolean => typeof value === "boolean",
);

/** Nobody is `null`, and no error. */
export const customerQuery = queryOptions({
  queryKey: ["portal", "session"],
  queryFn: async ({ signal }): Promise<Customer | null> => {
    try {
      const customer = await send(api.GET("/v1/portal/session", { signal }));
      signedIn.set(true);
      return customer;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      signedIn.set(false);
      return null;
    }
  },
  staleTime: 60_000,
});

/** The customer whose pages these are; nobody while that is not known. */
export function useCustomer(workspace: string | undefined): Customer | undefined {
  const maybe = useKept(signedIn);
  const { data } = useQuery({ ...customerQuery, enabled: maybe });
  return of(data, maybe, workspace);
}

/** A session is of one workspace: on another's pages it is nobody's. */
export function of(
  data: Customer | null | undefined,
  maybe: boolean,
  workspace: string | undefined,
): Customer | undefined {
  if (!maybe || !data) return undefined;
  return workspace === undefined || data.workspace.slug === workspace ? data : undefined;
}

export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await send(api.DELETE("/v1/portal/session"));
    signedIn.set(false);
    client.removeQueries({ queryKey: ["portal"] });
  };
}

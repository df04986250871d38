import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { api, send } from "../api/client";

/** Who is signed in. Fails with status 401 when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () => send(api.GET("/v1/session")),
  staleTime: 5 * 60_000,
});

/** For pages behind the sign-in, where the router has loaded the session already. */
export function useSession() {
  const { data } = useSuspenseQuery(sessionQuery);
  return {
    workspace: data.workspace,
    role: data.role,
    rights: data.rights,
    userId: data.user?.id,
    name: data.user?.name ?? data.api_key?.name ?? "",
  };
}

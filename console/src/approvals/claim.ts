// Who looks at an approval now. Whoever opens one says so, again every minute, and lets go when they leave; when
// the page vanishes without a word, the service forgets it after two minutes.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api } from "../api/client";
import type { Claim } from "../api/words";
import { useSession } from "../session/session";
import { claimsQuery } from "./queries";

/** Nobody looks at what they only pass by. */
const SETTLES_MS = 500;
const RENEW_MS = 60_000;

/** Somebody else who looks at it. */
export function useOther(id: string): Claim | undefined {
  const { userId } = useSession();
  const { data } = useQuery(claimsQuery);
  return data?.find((claim) => claim.approval_id === id && claim.user_id !== userId);
}

export function useClaim(id: string, wanted: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!wanted) return;
    let held = false;
    const params = { params: { path: { id } } };
    const say = async () => {
      if (document.visibilityState === "hidden") return;
      // A claim that fails keeps nobody from anything.
      const { data } = await api
        .POST("/v1/approvals/{id}/claim", params)
        .catch(() => ({ data: undefined }));
      if (!data) return;
      held = true;
      client.setQueryData(claimsQuery.queryKey, (claims: Claim[] | undefined) => [
        ...(claims ?? []).filter((claim) => claim.approval_id !== id),
        data,
      ]);
    };
    const first = setTimeout(say, SETTLES_MS);
    const again = setInterval(say, RENEW_MS);
    return () => {
      clearTimeout(first);
      clearInterval(again);
      if (held) void api.DELETE("/v1/approvals/{id}/claim", params).catch(() => undefined);
    };
  }, [id, wanted, client]);
}

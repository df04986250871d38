// A reader's word on a passage: helpful, wrong or outdated. A later word replaces the one before.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { PassageVerdict } from "../api/words";
import { Button } from "../parts/Button";
import { tell } from "../parts/toasts";

const VERDICTS: [PassageVerdict, MessageDescriptor][] = [
  ["helpful", msg`Helpful`],
  ["wrong", msg`Wrong`],
  ["outdated", msg`Outdated`],
];

export function PassageVerdicts({ chunkId, title }: { chunkId: string; title: string }) {
  const client = useQueryClient();
  const say = useMutation({
    mutationFn: (verdict: PassageVerdict) =>
      send(
        api.POST("/v1/knowledge/chunks/{id}/feedback", {
          params: { path: { id: chunkId } },
          body: { verdict },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["knowledge", "feedback"] });
      await client.invalidateQueries({ queryKey: ["knowledge", "flagged"] });
    },
    onError: (error) => tell(t`Your word was not kept`, "error", error.message),
  });
  const said = say.data?.verdict;
  return (
    <fieldset className="verdicts">
      <legend className="sr-only">
        <Trans>What is this passage of “{title}” worth?</Trans>
      </legend>
      {VERDICTS.map(([verdict, label]) => (
        <Button
          key={verdict}
          size="small"
          tone="quiet"
          aria-pressed={said === verdict}
          busy={say.isPending}
          onClick={() => say.mutate(verdict)}
        >
          {said === verdict ? `✓ ${t(label)}` : t(label)}
        </Button>
      ))}
    </fieldset>
  );
}

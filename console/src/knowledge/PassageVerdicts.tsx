// A reader's word on a passage: helpful, wrong or outdated. A later word replaces the one before.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { PassageVerdict } from "../api/words";
import { Button } from "../parts/Button";
import { tell } from "../parts/toasts";

const VERDICTS: [PassageVerdict, string][] = [
  ["helpful", "Helpful"],
  ["wrong", "Wrong"],
  ["outdated", "Outdated"],
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
    onError: (error) => tell("Your word was not kept", "error", error.message),
  });
  const said = say.data?.verdict;
  return (
    <fieldset className="verdicts">
      <legend className="sr-only">What is this passage of “{title}” worth?</legend>
      {VERDICTS.map(([verdict, label]) => (
        <Button
          key={verdict}
          size="small"
          tone="quiet"
          aria-pressed={said === verdict}
          busy={say.isPending}
          onClick={() => say.mutate(verdict)}
        >
          {said === verdict ? `✓ ${label}` : label}
        </Button>
      ))}
    </fieldset>
  );
}

// What an item turned out to be that was no approval: what was wrong in it and whether that was seen. Nobody is
// blamed, and the next item is one key away.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { decidedHere } from "../approvals/news";
import { useQueue } from "../approvals/queue";
import { Button } from "../parts/Button";
import { changed, type Result, slipWords } from "./words";
import "./review.css";

function verdict({ slip, found, agreed }: Result): string {
  if (slip) {
    return found
      ? t`You found what was wrong in it.`
      : t`Something was wrong in it that is easy to miss.`;
  }
  return agreed
    ? t`Nothing was wrong in it: it was a second look, and you came to the same.`
    : t`Nothing was changed in it: it was a second look, and the first came to something else.`;
}

const EARLIER: Record<Result["earlier"], MessageDescriptor> = {
  approve: msg`The real one was approved.`,
  edit: msg`The real one was edited.`,
  reject: msg`The real one was rejected.`,
  respond: msg`The real one was answered.`,
  escalate: msg`The real one was escalated.`,
};

export function Reveal({ id, result }: { id: string; result: Result }) {
  const queue = useQueue();
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  const words = changed(result);
  const next = () => {
    queue.openAfter(id);
    decidedHere(id);
  };
  return (
    <section className="notice reveal" data-tone={result.found === false ? "amber" : "green"}>
      <div className="grow stack">
        <h3 ref={head} tabIndex={-1}>
          <Trans>This was an exercise</Trans>
        </h3>
        <p>
          <strong>{verdict(result)}</strong>{" "}
          <Trans>Nothing was done because of it, and no customer heard of it.</Trans>
        </p>
        {result.slip && (
          <p>
            {slipWords(result.slip)}
            {words ? (
              <Trans>
                : <ins>{words[0]}</ins> had been made into <del>{words[1]}</del>.
              </Trans>
            ) : (
              "."
            )}
          </p>
        )}
        <p className="muted small">
          {t(EARLIER[result.earlier])}{" "}
          <Link to="/approvals/$id" params={{ id: result.approval_id }} search={true}>
            <Trans>Look at it</Trans>
          </Link>
          {" · "}
          <Trans>
            <Link to="/safety/reviewing">How you review</Link>, which you alone see.
          </Trans>
        </p>
        <div className="row">
          <Button tone="primary" onClick={next}>
            <Trans>Next</Trans>
          </Button>
        </div>
      </div>
    </section>
  );
}

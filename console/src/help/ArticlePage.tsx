import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { problemOf } from "../api/client";
import { Markdown } from "../parts/Markdown";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { fullTime } from "../text/times";
import { articleQuery } from "./queries";

/** The text without a first heading that only repeats the title. */
export function withoutTitle(markdown: string, title: string): string {
  const heading = /^\s*#\s+(.+?)\s*#*\s*(?:\n|$)/.exec(markdown);
  return heading?.[1] === title ? markdown.slice(heading[0].length) : markdown;
}

/** One article, as everybody may read it. */
export function ArticlePage() {
  const { slug } = useParams({ from: "/help/articles/$slug" });
  const { workspace } = useSearch({ from: "/help" });
  const { data, error, refetch } = useQuery(articleQuery(workspace, slug));
  useTitle(data?.title ?? t`Article`);
  const search = workspace ? { workspace } : {};
  if (error) {
    if (problemOf(error).status !== 404) {
      return <Failure error={error} retry={() => void refetch()} />;
    }
    return (
      <Empty title={t`This article cannot be read here`}>
        <p>
          <Trans>
            It is not public, or not any more. An answer that rests on it quotes its words.
          </Trans>
        </p>
        <p>
          <Link to="/help" search={search}>
            <Trans>All articles</Trans>
          </Link>
        </p>
      </Empty>
    );
  }
  if (!data) return <Loading lines={8} />;
  return (
    <>
      <p className="help-back">
        <Link to="/help" search={search}>
          <Trans>All articles</Trans>
        </Link>
      </p>
      <article className="help-text" lang={data.locale}>
        <h1>{data.title}</h1>
        <Markdown text={withoutTitle(data.markdown, data.title)} level={2} />
      </article>
      <footer className="help-foot muted">
        <p>
          <Trans>Last changed {fullTime(data.updated_at)}</Trans>
        </p>
        <p>
          <Trans>
            Not what you were looking for?{" "}
            <Link to="/help/ask" search={search}>
              Write to us
            </Link>
          </Trans>
        </p>
      </footer>
    </>
  );
}

import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { HelpArticle } from "../api/words";
import { useSettled } from "../parts/settled";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { words } from "../text/format";
import { articlesQuery, byCategory } from "./queries";

export function ArticleLink({ article, onGo }: { article: HelpArticle; onGo?: () => void }) {
  const { workspace } = useSearch({ from: "/help" });
  return (
    <Link
      to="/help/articles/$slug"
      params={{ slug: article.slug }}
      search={workspace ? { workspace } : {}}
      className="help-article"
      onClick={onGo}
    >
      <strong>{article.title}</strong>
      <span className="muted">{article.excerpt}</span>
    </Link>
  );
}

/** The help centre: everything by its category, or what a search finds. */
export function HelpPage() {
  useTitle(t`Help`);
  const { q = "", workspace } = useSearch({ from: "/help/" });
  const navigate = useNavigate({ from: "/help" });
  const [text, setText] = useState(q);
  const settled = useSettled(text.trim());
  const { data, error, refetch, isPending } = useQuery({
    ...articlesQuery(workspace, q),
    placeholderData: keepPreviousData,
  });

  useEffect(() => {
    if (settled === q) return;
    void navigate({ search: (old) => ({ ...old, q: settled || undefined }), replace: true });
  }, [settled, q, navigate]);

  return (
    <>
      <div className="help-search">
        <h1>
          <Trans>How can we help?</Trans>
        </h1>
        <label className="sr-only" htmlFor="help-q">
          <Trans>Search the help centre</Trans>
        </label>
        <input
          id="help-q"
          className="input"
          type="search"
          placeholder={t`Search the help centre`}
          maxLength={200}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <div role="status" className="sr-only">
        {q !== "" &&
          data &&
          t`${plural(data.items.length, { one: "# article", other: "# articles" })} found`}
      </div>
      {error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : isPending ? (
        <Loading lines={6} />
      ) : data.items.length === 0 ? (
        <Empty title={q === "" ? t`There are no articles yet` : t`Nothing found`}>
          <p>
            <Trans>
              Try other words, or{" "}
              <Link to="/help/ask" search={workspace ? { workspace } : {}}>
                write to us
              </Link>
              .
            </Trans>
          </p>
        </Empty>
      ) : q !== "" ? (
        <section aria-label={t`Found`}>
          <ul className="help-list">
            {data.items.map((article) => (
              <li key={article.slug}>
                <ArticleLink article={article} />
              </li>
            ))}
          </ul>
        </section>
      ) : (
        byCategory(data.items).map(([category, items]) => (
          <section key={category}>
            <h2>{category ? words(category) : t`More`}</h2>
            <ul className="help-list">
              {items.map((article) => (
                <li key={article.slug}>
                  <ArticleLink article={article} />
                </li>
              ))}
            </ul>
          </section>
        ))
      )}
    </>
  );
}

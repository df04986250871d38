// What an agent would find for a question, and why: to see what the knowledge holds before a
// customer asks.
import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { SearchView } from "../api/words";
import { useShortcuts } from "../keys/shortcuts";
import { useRows } from "../parts/rows";
import { Segmented } from "../parts/Segmented";
import { useSettled } from "../parts/settled";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { Asking } from "./Asking";
import { CustomerPick } from "./CustomerPick";
import { PassageItem } from "./PassageItem";
import { passagesQuery } from "./queries";

const LIMITS = [5, 10, 20];

/** What a search may see: what customers may, all of the workspace, or the shipped library too. */
export type Scope = "public" | "internal" | "library";
const READERS: readonly (readonly [Scope, MessageDescriptor])[] = [
  ["public", msg`As a customer`],
  ["internal", msg`As staff`],
];
const LIBRARY = ["library", msg`Staff, with the library`] as const;

export function SearchPage() {
  useTitle(t`Try the knowledge`);
  const navigate = useNavigate({ from: "/knowledge/search" });
  const search = useSearch({ from: "/staff/knowledge/search" });
  const [typed, setTyped] = useState(search.q ?? "");
  const q = useSettled(typed.trim());
  const asking = search.mode === "ask";
  const mayPick = useSession().may("read_customers");
  useEffect(() => {
    void navigate({ search: (before) => ({ ...before, q: q || undefined }), replace: true });
  }, [q, navigate]);
  const set = (over: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...over }), replace: true });
  return (
    <div className="stack">
      <div className="row">
        <Segmented
          label={t`What to try`}
          value={search.mode ?? "find"}
          options={[
            ["find", t`Find passages`],
            ["ask", t`Ask for an answer`],
          ]}
          onPick={(mode) => set({ mode: mode === "find" ? undefined : mode })}
        />
        <Segmented
          label={t`Who reads it`}
          value={search.scope ?? "public"}
          options={(asking ? READERS : [...READERS, LIBRARY]).map(
            ([each, label]) => [each, t(label)] as const,
          )}
          onPick={(scope) => set({ scope: scope === "public" ? undefined : scope })}
        />
      </div>
      <details
        open={Boolean(search.customer || search.locale) || undefined}
        hidden={asking && !mayPick}
      >
        <summary className="small muted">
          {asking
            ? t`For one customer`
            : mayPick
              ? t`For one customer, in one language, or more passages`
              : t`In one language, or more passages`}
        </summary>
        <div className="upload-fields">
          {mayPick && (
            <CustomerPick
              label={t`Customer`}
              nobody={t`Nobody: what all customers share`}
              value={search.customer ?? ""}
              onPick={(customer) => set({ customer: customer || undefined })}
            />
          )}
          {!asking && (
            <>
              <label className="field">
                <span className="field-label">
                  <Trans>Language first</Trans>
                </span>
                <input
                  className="input"
                  placeholder={t`de-CH`}
                  maxLength={35}
                  defaultValue={search.locale ?? ""}
                  onBlur={(event) => set({ locale: event.target.value.trim() || undefined })}
                  onKeyDown={(event) =>
                    event.key === "Enter" &&
                    set({ locale: event.currentTarget.value.trim() || undefined })
                  }
                />
              </label>
              <label className="field">
                <span className="field-label">
                  <Trans>Passages</Trans>
                </span>
                <select
                  className="select"
                  value={search.limit ?? 5}
                  onChange={(event) => set({ limit: Number(event.target.value) })}
                >
                  {LIMITS.map((limit) => (
                    <option key={limit}>{limit}</option>
                  ))}
                </select>
              </label>
            </>
          )}
        </div>
      </details>
      {asking ? (
        <Asking
          audience={search.scope && search.scope !== "public" ? "staff" : "customer"}
          customer={search.customer}
          question={typed}
          onQuestion={setTyped}
        />
      ) : (
        <Finding typed={typed} q={q} search={search} onType={setTyped} />
      )}
    </div>
  );
}

interface FindingProps {
  typed: string;
  /** What was typed, once it has settled. */
  q: string;
  search: { scope?: Scope; limit?: number; customer?: string; locale?: string };
  onType: (typed: string) => void;
}

function Finding({ typed, q, search, onType }: FindingProps) {
  const box = useRef<HTMLInputElement>(null);
  useShortcuts(t`Trying the knowledge`, [
    { keys: "/", label: t`Question`, run: () => box.current?.focus() },
  ]);
  const internal = search.scope !== undefined && search.scope !== "public";
  const query = useQuery({
    ...passagesQuery({
      q,
      limit: search.limit ?? 5,
      internal,
      universal: search.scope === "library",
      customer_id: search.customer,
      locale: search.locale,
    }),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <search>
        <input
          ref={box}
          className="input knowledge-question"
          type="search"
          // biome-ignore lint/a11y/noAutofocus: the page is there to be asked
          autoFocus
          aria-label={t`Question`}
          placeholder={t`Ask as a customer would`}
          maxLength={1000}
          value={typed}
          onChange={(event) => onType(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        />
      </search>
      {q === "" ? (
        <Empty title={t`See what an agent would find`}>
          <p>
            <Trans>
              Write a question above. Nothing is sent to anybody, and no model is asked.
            </Trans>
          </p>
        </Empty>
      ) : (
        <Found query={query} internal={internal} />
      )}
    </>
  );
}

type Query = UseQueryResult<SearchView>;

function Found({ query, internal }: { query: Query; internal: boolean }) {
  const list = useRows<HTMLOListElement>(t`Passages`);
  if (query.isPending) return <Loading lines={6} />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const { items, retrieval } = query.data;
  const hybrid = retrieval === "hybrid";
  return (
    <>
      <p className="notice" role="status">
        <span className="grow">
          <strong>
            {items.length === 0
              ? t`Nothing found`
              : plural(items.length, { one: "# passage", other: "# passages" })}
          </strong>
          ,{" "}
          {hybrid
            ? t`by words and by meaning.`
            : t`by words alone: no embedder is configured. What says the same in other words is missed.`}
        </span>
      </p>
      {items.length === 0 ? (
        <Empty title={t`Nothing found`}>
          <p>
            <Trans>An agent would find nothing either and hand the question to a person.</Trans>
          </p>
          {!internal && (
            <p>
              <Trans>Internal documents were left out, as they are for customers.</Trans>
            </p>
          )}
        </Empty>
      ) : (
        <ol
          ref={list}
          className="stack"
          aria-label={t`Passages`}
          aria-busy={query.isPlaceholderData}
        >
          {items.map((passage, at) => (
            <PassageItem key={passage.chunk_id} passage={passage} place={at + 1} hybrid={hybrid} />
          ))}
        </ol>
      )}
    </>
  );
}

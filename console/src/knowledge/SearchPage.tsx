// What an agent would find for a question, and why: to see what the knowledge holds before a
// customer asks.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useShortcuts } from "../keys/shortcuts";
import { useRows } from "../parts/rows";
import { Segmented } from "../parts/Segmented";
import { useSettled } from "../parts/settled";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { count } from "../text/format";
import { CustomerPick } from "./CustomerPick";
import { PassageItem } from "./PassageItem";
import { passagesQuery } from "./queries";

const LIMITS = [5, 10, 20];

export function SearchPage() {
  useTitle("Try the knowledge");
  const navigate = useNavigate({ from: "/knowledge/search" });
  const search = useSearch({ from: "/staff/knowledge/search" });
  const [typed, setTyped] = useState(search.q ?? "");
  const q = useSettled(typed.trim());
  const box = useRef<HTMLInputElement>(null);
  const internal = search.scope === "internal" || search.scope === "library";
  useShortcuts("Trying the knowledge", [
    { keys: "/", label: "Question", run: () => box.current?.focus() },
  ]);
  useEffect(() => {
    void navigate({ search: (before) => ({ ...before, q: q || undefined }), replace: true });
  }, [q, navigate]);
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
  const set = (over: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...over }), replace: true });
  return (
    <div className="stack">
      <search className="stack">
        <input
          ref={box}
          className="input knowledge-question"
          type="search"
          // biome-ignore lint/a11y/noAutofocus: the page is there to be asked
          autoFocus
          aria-label="Question"
          placeholder="Ask as a customer would"
          maxLength={1000}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        />
        <div className="row">
          <Segmented
            label="Who reads it"
            value={search.scope ?? "public"}
            options={[
              ["public", "As a customer"],
              ["internal", "As staff"],
              ["library", "Staff, with the library"],
            ]}
            onPick={(scope) => set({ scope: scope === "public" ? undefined : scope })}
          />
          <label className="row small">
            <span className="muted">Passages</span>
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
        </div>
        <details open={Boolean(search.customer || search.locale) || undefined}>
          <summary className="small muted">For one customer, or in one language</summary>
          <div className="upload-fields">
            <CustomerPick
              label="Customer"
              nobody="Nobody: what all customers share"
              value={search.customer ?? ""}
              onPick={(customer) => set({ customer: customer || undefined })}
            />
            <label className="field">
              <span className="field-label">Language first</span>
              <input
                className="input"
                placeholder="de-CH"
                maxLength={35}
                defaultValue={search.locale ?? ""}
                onBlur={(event) => set({ locale: event.target.value.trim() || undefined })}
                onKeyDown={(event) =>
                  event.key === "Enter" &&
                  set({ locale: event.currentTarget.value.trim() || undefined })
                }
              />
            </label>
          </div>
        </details>
      </search>
      {q === "" ? (
        <Empty title="See what an agent would find">
          <p>Write a question above. Nothing is sent to anybody, and no model is asked.</p>
        </Empty>
      ) : (
        <Found query={query} internal={internal} />
      )}
    </div>
  );
}

type Query = ReturnType<typeof useQuery<import("../api/words").SearchView, Error>>;

function Found({ query, internal }: { query: Query; internal: boolean }) {
  const list = useRows<HTMLOListElement>("Passages");
  if (query.isPending) return <Loading lines={6} />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const { items, retrieval } = query.data;
  const hybrid = retrieval === "hybrid";
  return (
    <>
      <p className="notice" role="status">
        <span className="grow">
          <strong>{items.length === 0 ? "Nothing found" : count(items.length, "passage")}</strong>,{" "}
          {hybrid
            ? "by words and by meaning."
            : "by words alone: no embedder is configured. What says the same in other words is missed."}
        </span>
      </p>
      {items.length === 0 ? (
        <Empty title="Nothing found">
          <p>An agent would find nothing either and hand the question to a person.</p>
          {!internal && <p>Internal documents were left out, as they are for customers.</p>}
        </Empty>
      ) : (
        <ol ref={list} className="stack" aria-label="Passages" aria-busy={query.isPlaceholderData}>
          {items.map((passage, at) => (
            <PassageItem key={passage.chunk_id} passage={passage} place={at + 1} hybrid={hybrid} />
          ))}
        </ol>
      )}
    </>
  );
}

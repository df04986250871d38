// Everybody who was ever served, to be found by name or by a contact's address.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { Badge } from "../parts/Badge";
import { FindBox } from "../parts/FindBox";
import { MoreRows } from "../parts/MoreRows";
import { useRows } from "../parts/rows";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { words } from "../text/format";
import { customersQuery } from "./queries";
import "./customers.css";
import { languageOf } from "../text/language";
import { dayName } from "../text/times";

export function CustomersPage() {
  useTitle(t`Customers`);
  const navigate = useNavigate({ from: "/customers" });
  const { q } = useSearch({ from: "/staff/customers" });
  const list = useRows<HTMLUListElement>(t`Customers`);

  const query = useInfiniteQuery(customersQuery(q));
  const customers = useMemo(
    () => query.data?.pages.flatMap((page) => page.items) ?? [],
    [query.data],
  );

  return (
    <div className="page">
      <header className="page-head">
        <h1>
          <Trans>Customers</Trans>
        </h1>
        <search>
          <FindBox
            label={t`Search customers by name or a contact's address`}
            group={t`Customers, finding`}
            className="customers-search"
            value={q}
            onFind={(found) => void navigate({ search: { q: found }, replace: true })}
          />
        </search>
      </header>
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && customers.length === 0 && (
        <Empty title={q ? t`No customer fits` : t`No customers yet`}>
          <p>
            {q
              ? t`Try other words, or a contact's whole address.`
              : t`They appear here with their first message.`}
          </p>
        </Empty>
      )}
      {customers.length > 0 && (
        <ul ref={list} className="list">
          {customers.map((customer) => (
            <li key={customer.id}>
              <Link
                to="/customers/$id"
                params={{ id: customer.id }}
                className="customer-row"
                data-row
              >
                <span className="customer-name truncate">{customer.name}</span>
                {customer.tier !== "standard" && <Badge tone="blue">{words(customer.tier)}</Badge>}
                <span className="customer-locale muted small">{languageOf(customer.locale)}</span>
                <span className="customer-time muted small">
                  <Trans>
                    since <time dateTime={customer.created_at}>{dayName(customer.created_at)}</time>
                  </Trans>
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </div>
  );
}

// One customer out of all: typing narrows the list.
import { t } from "@lingui/core/macro";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useSettled } from "../parts/settled";
import { useSession } from "../session/session";
import { customersQuery } from "./queries";

interface Props {
  label: string;
  /** What choosing nobody means; without it, somebody has to be chosen. */
  nobody?: string;
  value: string;
  onPick: (id: string) => void;
}

export function CustomerPick({ label, nobody, value, onPick }: Props) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const q = useSettled(typed.trim());
  const query = useQuery({
    ...customersQuery(q),
    placeholderData: keepPreviousData,
    enabled: useSession().may("read_customers"),
  });
  const customers = query.data?.items ?? [];
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      {(query.data?.next_cursor || typed !== "") && (
        <input
          className="input"
          type="search"
          placeholder={t`Find by name or address`}
          aria-label={t`Find a customer`}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      <select
        id={id}
        className="select"
        required={nobody === undefined}
        value={value}
        onChange={(event) => onPick(event.target.value)}
      >
        <option value="">{nobody ?? t`Choose a customer`}</option>
        {value && !customers.some((each) => each.id === value) && (
          <option value={value}>{t`The one chosen`}</option>
        )}
        {customers.map((customer) => (
          <option key={customer.id} value={customer.id}>
            {customer.name}
          </option>
        ))}
      </select>
      {query.isError && <span className="field-error">{query.error.message}</span>}
    </div>
  );
}

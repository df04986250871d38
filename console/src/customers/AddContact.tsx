// One more person at a customer.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { customerQuery } from "./queries";

export function AddContact({ customerId }: { customerId: string }) {
  const [open, setOpen] = useState(false);
  const client = useQueryClient();
  const add = useMutation({
    mutationFn: (body: { name: string; email: string }) =>
      send(api.POST("/v1/customers/{id}/contacts", { params: { path: { id: customerId } }, body })),
    onSuccess: async () => {
      setOpen(false);
      await client.invalidateQueries({ queryKey: customerQuery(customerId).queryKey });
    },
  });
  if (!open) {
    return (
      <Button size="small" onClick={() => setOpen(true)}>
        <Trans>Add a contact</Trans>
      </Button>
    );
  }
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const given = (name: string) => String(form.get(name) ?? "").trim();
        if (!add.isPending) add.mutate({ name: given("name"), email: given("email") });
      }}
    >
      {add.isError && <Failure error={add.error} />}
      <label className="field">
        <span className="field-label">
          <Trans>Name</Trans>
        </span>
        <input className="input" name="name" maxLength={200} required />
      </label>
      <label className="field">
        <span className="field-label">
          <Trans>Email</Trans>
        </span>
        <input className="input" name="email" type="email" maxLength={254} required />
        <span className="field-hint">
          <Trans>Tickets from this address are this customer's from now on.</Trans>
        </span>
      </label>
      <div className="row">
        <Button type="submit" size="small" tone="primary" busy={add.isPending}>
          {add.isPending ? t`Adding…` : t`Add`}
        </Button>
        <Button size="small" tone="quiet" onClick={() => setOpen(false)}>
          <Trans>Cancel</Trans>
        </Button>
      </div>
    </form>
  );
}

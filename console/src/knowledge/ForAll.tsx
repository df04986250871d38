// What is said of all files of an upload, or of all pages of a source.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { CustomerPick } from "./CustomerPick";
import type { Said } from "./uploads";

interface Props {
  of: "files" | "pages";
  said: Said;
  onSay: (said: Said) => void;
}

export function ForAll({ of, said, onSay }: Props) {
  const one = of === "files" ? "file" : "page";
  const say = (over: Partial<Said>) => onSay({ ...said, ...over });
  const text = (name: "locale" | "category" | "tags" | "brand", label: string, example: string) => (
    <label className="field">
      <span className="field-label">{label}</span>
      <input
        className="input"
        maxLength={200}
        placeholder={example}
        value={said[name] ?? ""}
        onChange={(event) => say({ [name]: event.target.value || undefined })}
      />
    </label>
  );
  const day = (name: "valid_from" | "valid_until", label: string) => (
    <label className="field">
      <span className="field-label">{label}</span>
      <input
        className="input"
        type="date"
        value={said[name] ?? ""}
        onChange={(event) => say({ [name]: event.target.value || undefined })}
      />
    </label>
  );
  return (
    <fieldset className="stack">
      <legend className="field-label">
        <Trans>For all of these {of}</Trans>
      </legend>
      <p className="field-hint">
        <Trans>
          What you set here goes before what a {one} says of itself. A {one} that says nothing is
          public, the company's and in English.
        </Trans>
      </p>
      <div className="upload-fields">
        <label className="field">
          <span className="field-label">
            <Trans>Readers</Trans>
          </span>
          <select
            className="select"
            value={said.visibility ?? ""}
            onChange={(event) =>
              say({ visibility: (event.target.value || undefined) as Said["visibility"] })
            }
          >
            <option value="">{t`As the ${one} says`}</option>
            <option value="public">{t`Public: customers may read it`}</option>
            <option value="internal">{t`Internal: for staff alone`}</option>
          </select>
        </label>
        <label className="field">
          <span className="field-label">
            <Trans>Whose</Trans>
          </span>
          <select
            className="select"
            value={said.layer ?? ""}
            onChange={(event) => {
              const layer = (event.target.value || undefined) as Said["layer"];
              say({ layer, customer: layer === "customer" ? said.customer : undefined });
            }}
          >
            <option value="">{t`As the ${one} says`}</option>
            <option value="company">{t`The company's`}</option>
            <option value="customer">{t`One customer's`}</option>
          </select>
        </label>
        {said.layer === "customer" && (
          <CustomerPick
            label={t`Customer`}
            value={said.customer ?? ""}
            onPick={(customer) => say({ customer: customer || undefined })}
          />
        )}
        {text("locale", t`Language`, t`en, de-CH, …`)}
        {text("category", t`Category`, "billing")}
      </div>
      <details>
        <summary className="small muted">
          <Trans>Tags, brand, validity</Trans>
        </summary>
        <div className="upload-fields">
          {text("tags", t`Tags`, t`tent, refund`)}
          {text("brand", t`Brand`, t`Of all brands`)}
          {day("valid_from", t`Valid from`)}
          {day("valid_until", t`Last day`)}
        </div>
      </details>
    </fieldset>
  );
}

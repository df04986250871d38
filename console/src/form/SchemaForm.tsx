import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { diffWords } from "diff";
import { type Ref, useId } from "react";
import { type Focusable, MessageField } from "../editor/MessageField";
import { Badge } from "../parts/Badge";
import { plain } from "../text/format";
import { fullTime } from "../text/times";
import { type Change, centsHint, type Draft, type Field } from "./schema";
import "./form.css";

interface Props {
  fields: Field[];
  draft: Draft;
  /** What differs from the proposal, shown under the field. */
  changes: Change[];
  errors: Record<string, string>;
  /** Names of arguments that decide who is affected or how much. */
  protectedArgs: string[];
  onChange: (draft: Draft) => void;
  firstRef?: Ref<Focusable>;
}

const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A form for a tool's arguments. The caller owns the draft. */
export function SchemaForm({
  fields,
  draft,
  changes,
  errors,
  protectedArgs,
  onChange,
  firstRef,
}: Props) {
  return (
    <div className="schema-form">
      {fields.map((field, index) => (
        <FieldRow
          key={field.key}
          field={field}
          value={draft[field.key] ?? ""}
          change={changes.find((change) => change.field.key === field.key)}
          error={errors[field.key]}
          isProtected={protectedArgs.includes(field.path[0] ?? "")}
          onChange={(value) => onChange({ ...draft, [field.key]: value })}
          controlRef={index === 0 ? firstRef : undefined}
        />
      ))}
    </div>
  );
}

interface RowProps {
  field: Field;
  value: string | boolean;
  change?: Change;
  error?: string;
  isProtected: boolean;
  onChange: (value: string | boolean) => void;
  controlRef?: Ref<Focusable>;
}

function FieldRow({ field, value, change, error, isProtected, onChange, controlRef }: RowProps) {
  const id = useId();
  const hint = centsHint(field, value);
  return (
    <div className="field" data-changed={change !== undefined}>
      <div className="row">
        <label id={`${id}-label`} className="field-label" htmlFor={id}>
          {field.label}
        </label>
        {isProtected && (
          <Badge tone="amber">
            <Trans>Protected</Trans>
          </Badge>
        )}
        {!field.required && field.kind !== "boolean" && (
          <span className="field-hint">
            <Trans>optional</Trans>
          </span>
        )}
        {change && (
          <Badge tone="blue">
            <Trans>Changed</Trans>
          </Badge>
        )}
      </div>
      <Control
        field={field}
        id={id}
        value={value}
        invalid={error !== undefined}
        onChange={onChange}
        controlRef={controlRef}
      />
      <div id={`${id}-hint`} className="stack-tight">
        {hint && <span className="field-hint">= {hint}</span>}
        {field.kind === "date-time" && (
          <span className="field-hint">
            <Trans>
              In your time zone, <span translate="no">{zone()}</span>.
            </Trans>
          </span>
        )}
        {field.description && <span className="field-hint">{field.description}</span>}
        {error && <span className="field-error">{error}</span>}
        {change && <Difference change={change} />}
      </div>
    </div>
  );
}

const rowsOf = (text: string) =>
  Math.min(14, Math.max(3, text.split("\n").length + Math.floor(text.length / 80)));

function Control({
  field,
  id,
  value,
  invalid,
  onChange,
  controlRef,
}: {
  field: Field;
  id: string;
  value: string | boolean;
  invalid: boolean;
  onChange: (value: string | boolean) => void;
  controlRef?: Ref<Focusable>;
}) {
  const about = {
    id,
    "aria-describedby": `${id}-hint`,
    "aria-invalid": invalid || undefined,
    "aria-required": field.required || undefined,
  };
  const text = typeof value === "string" ? value : "";
  switch (field.kind) {
    case "boolean":
      return (
        <input
          {...about}
          ref={controlRef as Ref<HTMLInputElement>}
          type="checkbox"
          checked={value === true}
          onChange={(event) => onChange(event.target.checked)}
        />
      );
    case "choice":
      return (
        <select
          {...about}
          ref={controlRef as Ref<HTMLSelectElement>}
          className="select"
          value={text}
          onChange={(event) => onChange(event.target.value)}
        >
          {(!field.required || text === "") && <option value="">{t`None`}</option>}
          {field.options.map((option) => (
            <option key={option} value={option}>
              {option.replaceAll("_", " ")}
            </option>
          ))}
        </select>
      );
    case "date":
    case "date-time":
      return (
        <input
          {...about}
          ref={controlRef as Ref<HTMLInputElement>}
          className="input"
          type={field.kind === "date" ? "date" : "datetime-local"}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    case "long":
    case "list":
    case "json":
      if (field.rich) {
        return (
          <MessageField
            id={id}
            named={{ "aria-labelledby": `${id}-label` }}
            describedBy={`${id}-hint`}
            invalid={invalid}
            required={field.required}
            rows={rowsOf(text)}
            value={text}
            onChange={onChange}
            controlRef={controlRef}
          />
        );
      }
      return (
        <textarea
          {...about}
          ref={controlRef as Ref<HTMLTextAreaElement>}
          className={`textarea ${field.kind === "json" ? "mono" : ""}`}
          rows={rowsOf(text)}
          value={text}
          placeholder={field.kind === "list" ? t`One a line` : undefined}
          spellCheck={field.kind === "long"}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    default:
      return (
        <input
          {...about}
          ref={controlRef as Ref<HTMLInputElement>}
          className="input"
          type={field.format === "email" ? "email" : "text"}
          inputMode={
            field.kind === "integer" ? "numeric" : field.kind === "number" ? "decimal" : undefined
          }
          autoComplete="off"
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}

/** What an edit changed: word by word for text, before and after for the rest. */
function Difference({ change }: { change: Change }) {
  if (change.field.kind !== "long") {
    return (
      <span className="difference">
        <Trans>Proposed:</Trans>{" "}
        <del>
          {change.field.kind === "date-time" && change.before !== ""
            ? fullTime(new Date(change.before).toISOString())
            : plain(change.before)}
        </del>
      </span>
    );
  }
  const parts = diffWords(change.before, change.after).map((part, at) => ({ part, key: `${at}` }));
  return (
    <div className="difference difference-text">
      {parts.map(({ part, key }) =>
        part.added ? (
          <ins key={key}>{part.value}</ins>
        ) : part.removed ? (
          <del key={key}>{part.value}</del>
        ) : (
          <span key={key}>{part.value}</span>
        ),
      )}
    </div>
  );
}

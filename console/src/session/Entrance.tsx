// The card that every page stands in for who is not signed in, and its fields.
import { t } from "@lingui/core/macro";
import type { InputHTMLAttributes, ReactNode } from "react";
import "./session.css";

export function Entrance({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="sign-in">
      <div className="card sign-in-card">
        <div className="sign-in-head">
          <img src="/favicon.svg" alt="" width="36" height="36" />
          <h1>{title}</h1>
        </div>
        {children}
      </div>
    </main>
  );
}

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: string;
}

/** A labelled input. */
export function Field({ label, hint, ...input }: FieldProps) {
  const hintId = hint ? `${input.name}-hint` : undefined;
  return (
    <label className="field">
      <span className="field-label">{label}</span>
      <input className="input" aria-describedby={hintId} {...input} />
      {hint && (
        <span id={hintId} className="field-hint">
          {hint}
        </span>
      )}
    </label>
  );
}

/** A password that is being chosen. */
export function NewPasswordField({ label = t`New password` }: { label?: string }) {
  return (
    <Field
      label={label}
      name="new-password"
      type="password"
      autoComplete="new-password"
      minLength={10}
      maxLength={256}
      required
      hint={t`At least 10 characters. A few words are easy to keep in mind.`}
    />
  );
}

/** What a field of a form holds. */
export const held = (form: FormData, name: string) => String(form.get(name) ?? "");

/** What stands behind `#` in a link, which no server has seen. */
export const linkToken = () => decodeURIComponent(window.location.hash.slice(1)).slice(0, 200);

// A text with personal data made visible: a colour for its kind, and its kind in words.
import type { TextFinding } from "../api/words";
import { words } from "../text/names";
import { type Segment, segments } from "./segments";
import "./personal.css";

/** Kinds that are keys to something; the rest is about a person. */
const SECRETS = ["password", "api_key", "access_token", "private_key", "url_credentials"];
const MONEY = ["payment_card", "iban", "crypto_address"];

const sortOf = (kind: string) =>
  SECRETS.includes(kind) ? "secret" : MONEY.includes(kind) ? "money" : "person";

export function Segments({ of }: { of: readonly Segment[] }) {
  return of.map((each) =>
    each.kind === undefined ? (
      <span key={each.at}>{each.text}</span>
    ) : (
      <mark
        key={each.at}
        className="personal"
        data-sort={sortOf(each.kind)}
        title={words(each.kind)}
      >
        {each.text}
        <span className="sr-only"> ({words(each.kind)})</span>
      </mark>
    ),
  );
}

export function Marked({ text, findings }: { text: string; findings?: readonly TextFinding[] }) {
  return <Segments of={segments(text, findings)} />;
}

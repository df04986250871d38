// From a tool's JSON schema to form fields and back. Drafts hold what was typed, as text; `argsOf`
// turns them into arguments and says what does not fit. The service validates again.
import { t } from "@lingui/core/macro";
import { words } from "../text/names";
import { isDate, isMoment, localOf, momentOf } from "./moments";

type Schema = Record<string, unknown>;

export type Kind =
  | "text"
  | "long"
  | "integer"
  | "number"
  | "boolean"
  | "choice"
  | "date"
  | "date-time"
  | "list"
  | "json";

export interface Field {
  /** Where the value sits in the arguments: `["address", "city"]`. */
  path: string[];
  /** `path` as one key, for drafts and errors. */
  key: string;
  label: string;
  description: string;
  required: boolean;
  kind: Kind;
  /** Of a long text: whether it is a message, in Markdown. */
  rich: boolean;
  /** For `choice`. */
  options: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
}

/** What is in the form's controls, by field key. */
export type Draft = Record<string, string | boolean>;

const LONG_TEXT = /^(body|text|message|note|reply|content|comment|summary|description|reason)$/;
const LONG_FROM = 90;
const MARKDOWN = "text/markdown";
const DEEPEST = 4;

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const asNumber = (value: unknown) => (typeof value === "number" ? value : undefined);
const asText = (value: unknown) => (typeof value === "string" ? value : undefined);

function label(name: string): string {
  return name.endsWith("_cents") ? t`${words(name.replace(/_cents$/, ""))} in cents` : words(name);
}

/** Follows `#/…` references and unwraps "this or null", keeping the description nearest to the use. */
function resolve(schema: unknown, root: Schema, depth = 0): { schema: Schema; nullable: boolean } {
  if (!isObject(schema) || depth > DEEPEST) return { schema: {}, nullable: false };
  const ref = asText(schema.$ref);
  if (ref?.startsWith("#/")) {
    const target = ref
      .slice(2)
      .split("/")
      .reduce<unknown>((at, part) => (isObject(at) ? at[part] : undefined), root);
    const inner = resolve(target, root, depth + 1);
    const { $ref: _, ...own } = schema;
    return { schema: { ...inner.schema, ...own }, nullable: inner.nullable };
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) {
    const others = choices.filter((choice) => !(isObject(choice) && choice.type === "null"));
    if (others.length === 1 && others.length < choices.length) {
      const inner = resolve(others[0], root, depth + 1);
      const { anyOf: _, oneOf: __, ...own } = schema;
      return { schema: { ...inner.schema, ...own }, nullable: true };
    }
  }
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== "null");
    if (types.length === 1) {
      return { schema: { ...schema, type: types[0] }, nullable: schema.type.includes("null") };
    }
  }
  return { schema, nullable: false };
}

/** The values of an `enum`, or of a `oneOf` of constants. */
function optionsOf(schema: Schema): string[] | undefined {
  if (Array.isArray(schema.enum)) {
    const texts = schema.enum.filter((value) => value !== null);
    return texts.every((value) => typeof value === "string") ? (texts as string[]) : undefined;
  }
  if (typeof schema.const === "string") return [schema.const];
  if (Array.isArray(schema.oneOf)) {
    const constants = schema.oneOf.map((choice) => (isObject(choice) ? choice.const : undefined));
    if (constants.every((value) => typeof value === "string")) return constants as string[];
  }
  return undefined;
}

function kindOf(schema: Schema, name: string, value: unknown): Kind {
  if (optionsOf(schema)) return "choice";
  switch (schema.type) {
    case "integer":
      return "integer";
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "string": {
      // What is there and is no such thing stays to be read as it is.
      const fits = (is: (text: string) => boolean) =>
        value === undefined || value === null || (typeof value === "string" && is(value));
      if (schema.format === "date" && fits(isDate)) return "date";
      if (schema.format === "date-time" && fits(isMoment)) return "date-time";
      const long =
        schema.contentMediaType === MARKDOWN ||
        LONG_TEXT.test(name) ||
        (asNumber(schema.maxLength) ?? 0) > 500 ||
        (typeof value === "string" && (value.length > LONG_FROM || value.includes("\n")));
      return long ? "long" : "text";
    }
    case "array":
      return isObject(schema.items) && schema.items.type === "string" ? "list" : "json";
    default:
      return "json";
  }
}

const at = (value: unknown, name: string) => (isObject(value) ? value[name] : undefined);

/** The fields of a schema. `args` are the proposed ones: they help to choose the control. */
export function fieldsOf(parameters: unknown, args: unknown): Field[] {
  const root = isObject(parameters) ? parameters : {};
  const fields: Field[] = [];
  const walk = (schema: Schema, value: unknown, path: string[], needed: boolean) => {
    const properties = isObject(schema.properties) ? schema.properties : {};
    const required = Array.isArray(schema.required) ? schema.required : [];
    for (const [name, raw] of Object.entries(properties)) {
      const { schema: own, nullable } = resolve(raw, root);
      const here = [...path, name];
      const isRequired = needed && required.includes(name) && !nullable;
      const current = at(value, name);
      if (own.type === "object" && isObject(own.properties) && here.length < DEEPEST) {
        walk(own, current, here, isRequired || isObject(current));
        continue;
      }
      fields.push({
        path: here,
        key: here.join("."),
        label: here.map(label).join(", "),
        description: asText(own.description) ?? "",
        required: isRequired,
        kind: kindOf(own, name, current),
        rich: own.contentMediaType === MARKDOWN,
        options: optionsOf(own) ?? [],
        minimum: asNumber(own.minimum),
        maximum: asNumber(own.maximum),
        minLength: asNumber(own.minLength),
        maxLength: asNumber(own.maxLength),
        pattern: asText(own.pattern),
        format: asText(own.format),
      });
    }
  };
  walk(resolve(root, root).schema, args, [], true);
  return fields;
}

function valueAt(args: unknown, path: string[]): unknown {
  return path.reduce<unknown>((value, name) => at(value, name), args);
}

function asDraft(field: Field, value: unknown): string | boolean {
  if (field.kind === "boolean") return value === true;
  if (value === undefined || value === null) return "";
  if (field.kind === "list" && Array.isArray(value)) return value.join("\n");
  if (field.kind === "json") return JSON.stringify(value, null, 2);
  if (field.kind === "date-time") return localOf(String(value));
  return String(value);
}

/** What the form starts with. */
export function draftOf(fields: Field[], args: unknown): Draft {
  return Object.fromEntries(
    fields.map((field) => [field.key, asDraft(field, valueAt(args, field.path))]),
  );
}

type Read = { value: unknown } | { error: string };

function readNumber(field: Field, text: string): Read {
  const value = Number(text.trim());
  if (!Number.isFinite(value)) return { error: t`This is not a number.` };
  if (field.kind === "integer" && !Number.isSafeInteger(value)) {
    return { error: t`This must be a whole number.` };
  }
  if (field.minimum !== undefined && value < field.minimum) {
    return { error: t`At least ${field.minimum}.` };
  }
  if (field.maximum !== undefined && value > field.maximum) {
    return { error: t`At most ${field.maximum}.` };
  }
  return { value };
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    // A pattern of another dialect is for the service to judge.
    return true;
  }
}

function readText(field: Field, text: string): Read {
  const length = [...text].length;
  if (field.minLength !== undefined && length < field.minLength) {
    return { error: t`At least ${field.minLength} characters.` };
  }
  if (field.maxLength !== undefined && length > field.maxLength) {
    return { error: t`At most ${field.maxLength} characters; this has ${length}.` };
  }
  if (field.pattern && !matches(field.pattern, text)) {
    return { error: t`This does not have the form ${field.pattern}.` };
  }
  return { value: text };
}

function read(field: Field, typed: string | boolean): Read {
  if (typeof typed === "boolean") return { value: typed };
  switch (field.kind) {
    case "integer":
    case "number":
      return readNumber(field, typed);
    case "list":
      return {
        value: typed
          .split("\n")
          .map((line) => line.trim())
          .filter(Boolean),
      };
    case "json":
      try {
        return { value: JSON.parse(typed) as unknown };
      } catch {
        return { error: t`This is not valid JSON.` };
      }
    case "choice":
      return field.options.includes(typed)
        ? { value: typed }
        : { error: t`Choose one of the list.` };
    case "date":
      return isDate(typed) ? { value: typed } : { error: t`This is not a date.` };
    case "date-time": {
      const moment = momentOf(typed);
      return moment ? { value: moment } : { error: t`This is not a date with a time.` };
    }
    default:
      return readText(field, typed);
  }
}

function put(target: Schema, path: string[], value: unknown): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  if (rest.length === 0) {
    if (value === undefined) delete target[name];
    else target[name] = value;
    return;
  }
  if (!isObject(target[name])) {
    if (value === undefined) return;
    target[name] = {};
  }
  put(target[name] as Schema, rest, value);
}

/**
 * The arguments a draft stands for, or what does not fit, by field key. What the form does not show
 * and what was not touched stays exactly as proposed.
 */
export function argsOf(
  fields: Field[],
  draft: Draft,
  proposed: unknown,
): { args: Schema; errors: Record<string, string> } {
  const args: Schema = isObject(proposed) ? structuredClone(proposed) : {};
  const errors: Record<string, string> = {};
  for (const field of fields) {
    const typed = draft[field.key] ?? "";
    if (typed === asDraft(field, valueAt(proposed, field.path))) {
      if (!(typed === "" && field.required)) continue;
    }
    if (typeof typed === "string" && typed.trim() === "" && field.kind !== "list") {
      if (field.required) errors[field.key] = t`This is needed.`;
      else put(args, field.path, undefined);
      continue;
    }
    const result = read(field, typed);
    if ("error" in result) errors[field.key] = result.error;
    else put(args, field.path, result.value);
  }
  return { args, errors };
}

export interface Change {
  field: Field;
  before: string;
  after: string;
}

/** The fields whose draft differs from what was proposed. */
export function changesOf(fields: Field[], draft: Draft, proposed: unknown): Change[] {
  return fields.flatMap((field) => {
    const before = asDraft(field, valueAt(proposed, field.path));
    const after = draft[field.key] ?? "";
    return before === after ? [] : [{ field, before: String(before), after: String(after) }];
  });
}

/** An amount in cents as people write it, for fields that are named so: `349.00`. */
export function centsHint(field: Field, typed: string | boolean | undefined): string | undefined {
  if (field.kind !== "integer" || !field.path.at(-1)?.endsWith("_cents")) return undefined;
  const value = Number(typed);
  if (typeof typed !== "string" || typed.trim() === "" || !Number.isSafeInteger(value)) {
    return undefined;
  }
  return (value / 100).toFixed(2);
}

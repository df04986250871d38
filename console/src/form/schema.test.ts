import { describe, expect, it } from "vitest";
import { argsOf, centsHint, changesOf, draftOf, fieldsOf } from "./schema";

const schema = {
  type: "object",
  required: ["order_number", "amount_cents", "reason", "address"],
  properties: {
    order_number: { type: "string", pattern: "^NF-[0-9]+$", description: "As on the invoice." },
    amount_cents: { type: "integer", minimum: 1, maximum: 50000 },
    restock: { type: "boolean" },
    reason: { oneOf: [{ const: "damaged" }, { const: "changed_mind" }] },
    note: { type: ["string", "null"] },
    tags: { type: "array", items: { type: "string" } },
    address: { $ref: "#/$defs/Address" },
    weight: { anyOf: [{ type: "number" }, { type: "null" }] },
    extra: { type: "object" },
  },
  $defs: {
    Address: {
      type: "object",
      required: ["city"],
      properties: { city: { type: "string" }, country: { type: "string", enum: ["NL", "DE"] } },
    },
  },
};

const proposed = {
  order_number: "NF-10482",
  amount_cents: 34900,
  reason: "damaged",
  address: { city: "Utrecht", country: "NL" },
  not_in_the_schema: [1, 2],
};

const fields = fieldsOf(schema, proposed);
const draft = draftOf(fields, proposed);
const kinds = Object.fromEntries(fields.map((field) => [field.key, field.kind]));

describe("fields of a schema", () => {
  it("gives every type its control", () => {
    expect(kinds).toEqual({
      order_number: "text",
      amount_cents: "integer",
      restock: "boolean",
      reason: "choice",
      note: "long",
      tags: "list",
      "address.city": "text",
      "address.country": "choice",
      weight: "number",
      extra: "json",
    });
  });

  it("says the unit of an amount in cents", () => {
    expect(fields.find((field) => field.key === "amount_cents")?.label).toBe("Amount in cents");
  });

  it("takes what may be null as optional", () => {
    const required = fields.filter((field) => field.required).map((field) => field.key);
    expect(required).toEqual(["order_number", "amount_cents", "reason", "address.city"]);
  });

  it("uses a large control for text that is long already", () => {
    const [field] = fieldsOf({ properties: { title: { type: "string" } } }, { title: "a\nb" });
    expect(field?.kind).toBe("long");
  });

  it("has no fields for what is no schema", () => {
    expect(fieldsOf(null, null)).toEqual([]);
    expect(fieldsOf({ $ref: "#" }, {})).toEqual([]);
  });
});

describe("arguments of a draft", () => {
  it("leaves untouched arguments exactly as proposed, also those the form does not show", () => {
    expect(argsOf(fields, draft, proposed)).toEqual({ args: proposed, errors: {} });
  });

  it("changes what was edited and nothing else", () => {
    const edited = { ...draft, amount_cents: "20000", "address.city": "Delft", restock: true };
    expect(argsOf(fields, edited, proposed).args).toEqual({
      ...proposed,
      amount_cents: 20000,
      restock: true,
      address: { city: "Delft", country: "NL" },
    });
    expect(proposed.address.city).toBe("Utrecht");
  });

  it("drops an optional argument that was emptied and insists on a required one", () => {
    const emptied = { ...draft, "address.country": "", order_number: "" };
    const { args, errors } = argsOf(fields, emptied, proposed);
    expect(args.address).toEqual({ city: "Utrecht" });
    expect(errors).toEqual({ order_number: "This is needed." });
  });

  it("says what does not fit", () => {
    const wrong = {
      ...draft,
      amount_cents: "60000",
      order_number: "10482",
      extra: "{",
      weight: "x",
    };
    expect(argsOf(fields, wrong, proposed).errors).toEqual({
      amount_cents: "At most 50000.",
      order_number: "This does not have the form ^NF-[0-9]+$.",
      extra: "This is not valid JSON.",
      weight: "This is not a number.",
    });
    expect(argsOf(fields, { ...draft, amount_cents: "1.5" }, proposed).errors).toEqual({
      amount_cents: "This must be a whole number.",
    });
  });

  it("reads a list one entry a line", () => {
    expect(argsOf(fields, { ...draft, tags: "vip\n\n late " }, proposed).args.tags).toEqual([
      "vip",
      "late",
    ]);
  });
});

describe("dates and times", () => {
  const when = {
    required: ["on", "at"],
    properties: {
      on: { type: "string", format: "date" },
      at: { type: "string", format: "date-time" },
      until: { type: ["string", "null"], format: "date-time" },
    },
  };
  const given = { on: "2026-11-23", at: "2026-11-23T18:30:05.250+09:00" };
  const found = fieldsOf(when, given);
  const kindsOf = (args: unknown) => fieldsOf(when, args).map(({ kind }) => kind);

  it("have controls of their own, unless something else stands there", () => {
    expect(kindsOf(given)).toEqual(["date", "date-time", "date-time"]);
    expect(kindsOf({ on: "tomorrow", at: "2026-11-23 18:30" })).toEqual([
      "text",
      "text",
      "date-time",
    ]);
  });

  it("stay as proposed to the letter when nobody touches them", () => {
    expect(argsOf(found, draftOf(found, given), given)).toEqual({ args: given, errors: {} });
    expect(changesOf(found, draftOf(found, given), given)).toEqual([]);
  });

  it("are sent as RFC 3339", () => {
    const typed = { ...draftOf(found, given), on: "2026-12-01", at: "2026-12-01T08:15" };
    expect(argsOf(found, typed, given).args).toEqual({
      on: "2026-12-01",
      at: new Date(2026, 11, 1, 8, 15).toISOString().replace(".000Z", "Z"),
    });
  });

  it("are told when they are none", () => {
    const typed = { ...draftOf(found, given), on: "2026-02-30", at: "" };
    expect(argsOf(found, typed, given).errors).toEqual({
      on: "This is not a date.",
      at: "This is needed.",
    });
  });
});

describe("differences", () => {
  it("lists the changed fields with before and after", () => {
    const changes = changesOf(fields, { ...draft, amount_cents: "20000" }, proposed);
    expect(changes.map(({ field, before, after }) => [field.key, before, after])).toEqual([
      ["amount_cents", "34900", "20000"],
    ]);
  });

  it("shows cents as an amount", () => {
    const amount = fields.find((field) => field.key === "amount_cents");
    expect(amount && centsHint(amount, "34900")).toBe("349.00");
    expect(amount && centsHint(amount, "x")).toBeUndefined();
  });
});

it("takes a text for a message when the schema says that it is Markdown", () => {
  const fields = fieldsOf(
    {
      type: "object",
      properties: {
        said: { type: "string", contentMediaType: "text/markdown" },
        note: { type: "string" },
      },
    },
    {},
  );
  expect(fields.map(({ kind, rich }) => [kind, rich])).toEqual([
    ["long", true],
    ["long", false],
  ]);
});

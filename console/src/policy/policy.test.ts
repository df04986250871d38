import { describe, expect, it } from "vitest";
import type { PolicyFinding, PolicyReport } from "../api/words";
import { overtaken, placeOf, reportWords } from "./policy";

const finding = (level: PolicyFinding["level"]): PolicyFinding => ({
  level,
  flaw: "dangerous",
  rule: "refunds",
  text: "it lets calls run whatever the amount",
});

const report = (...levels: PolicyFinding["level"][]): PolicyReport => ({
  findings: levels.map(finding),
  rules: 6,
  calls: 120,
  of: 120,
});

describe("a report", () => {
  it("says that a policy cannot be used before anything else", () => {
    expect(reportWords(report("error", "warning"))).toBe("Cannot be used: 1 error");
  });

  it("counts what was found, or says that nothing was", () => {
    expect(reportWords(report("warning", "warning", "note"))).toBe(
      "6 rules, tried on 120 imagined calls: 2 warnings, 1 note",
    );
    expect(reportWords(report())).toBe("6 rules, tried on 120 imagined calls: nothing found");
  });
});

describe("a rule's place", () => {
  const text = '# name = "no"\n[[rule]]\nname = "one"\n\n[[rule]]\n  name   =  \'t.o\'\n';

  it("is the line that names it, however it is quoted", () => {
    for (const [rule, line] of [
      ["one", 'name = "one"'],
      ["t.o", "  name   =  't.o'"],
    ] as const) {
      const place = placeOf(text, rule);
      expect(place && text.slice(...place)).toBe(line);
    }
  });

  it("is nowhere when no line names it", () => {
    expect(placeOf(text, "no")).toBeUndefined();
    expect(placeOf(text, "txo")).toBeUndefined();
  });
});

describe("a draft", () => {
  it("is overtaken when another version is in effect than the one it began from", () => {
    expect(overtaken({ text: "", from: 1 }, 2)).toBe(true);
    expect(overtaken({ text: "", from: 2 }, 2)).toBe(false);
    expect(overtaken(undefined, 2)).toBe(false);
  });
});

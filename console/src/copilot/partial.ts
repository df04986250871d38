// The text of an answer while a model still writes it: it comes as JSON that is not whole yet.

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "", b: "", f: "" };

/** The value of a JSON string from its first character on, as far as it has come. */
function stringFrom(json: string, from: number): string {
  let text = "";
  for (let at = from; at < json.length; at += 1) {
    const char = json[at];
    if (char === '"') return text;
    if (char !== "\\") {
      text += char;
      continue;
    }
    const next = json[at + 1];
    if (next === undefined) return text;
    if (next === "u") {
      const code = json.slice(at + 2, at + 6);
      if (!/^[0-9a-f]{4}$/i.test(code)) return text;
      text += String.fromCharCode(Number.parseInt(code, 16));
      at += 5;
    } else {
      text += ESCAPES[next] ?? next;
      at += 1;
    }
  }
  return text;
}

/** What the statements of an unfinished reply say so far; empty while none has begun. */
export function saidSoFar(json: string): string[] {
  const said: string[] = [];
  const name = /"text"\s*:\s*"/g;
  for (let found = name.exec(json); found; found = name.exec(json)) {
    const text = stringFrom(json, name.lastIndex);
    if (text.trim()) said.push(text);
  }
  return said;
}

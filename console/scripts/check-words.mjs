// Fails when the catalogue of English words does not have what the code says now, and leaves it as it was.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const catalogue = join(root, "src", "locales", "en.po");
const before = readFileSync(catalogue, "utf8");
execFileSync(join(root, "node_modules", ".bin", "lingui"), ["extract", "--clean"], {
  cwd: root,
  stdio: ["ignore", "ignore", "inherit"],
});
const now = readFileSync(catalogue, "utf8");

// Messages of one line of code come in the order in which the file system lists the files that say them.
const entries = (text) => text.trim().split("\n\n").sort().join("\n\n");

if (now !== before) {
  writeFileSync(catalogue, before);
}
if (entries(now) !== entries(before)) {
  console.error("src/locales/en.po is behind the code: run npm run words and commit it.");
  process.exit(1);
}

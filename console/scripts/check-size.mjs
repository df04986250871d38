// Fails when what a first visit can load, all scripts and styles together, passes the budget.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const budget = 250 * 1024;
const folder = join(import.meta.dirname, "..", "dist", "assets");

let total = 0;
for (const name of readdirSync(folder)
  .filter((file) => /\.(js|css)$/.test(file))
  .sort()) {
  const bytes = gzipSync(readFileSync(join(folder, name))).length;
  total += bytes;
  console.log(`${(bytes / 1024).toFixed(1).padStart(8)} kB  ${name}`);
}
console.log(
  `${(total / 1024).toFixed(1).padStart(8)} kB  in all, gzip; budget ${budget / 1024} kB`,
);
if (total > budget) {
  console.error("The bundle is over its budget: find what grew and split or drop it.");
  process.exit(1);
}

// Fails when what people wait for passes its budget: what a first visit of staff loads, and what the
// chat widget adds to somebody's site. Pages that are loaded when they are visited are listed alone.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const KB = 1024;
const dist = join(import.meta.dirname, "..", "dist");
const manifest = JSON.parse(readFileSync(join(dist, ".vite", "manifest.json"), "utf8"));
const size = (file) => gzipSync(readFileSync(join(dist, file))).length;
const shown = (bytes) => `${(bytes / KB).toFixed(1).padStart(8)} kB`;

/** The files that come with a module, itself first. */
function filesOf(name, found = new Set()) {
  const chunk = manifest[name];
  if (!chunk) throw new Error(`${name} is not in the build's manifest`);
  if (found.has(chunk.file)) return found;
  for (const file of [chunk.file, ...(chunk.css ?? [])]) found.add(file);
  for (const imported of chunk.imports ?? []) filesOf(imported, found);
  return found;
}

const first = new Set(
  ["index.html", "src/main.tsx", "src/staff.ts"].flatMap((name) => [...filesOf(name)]),
);
let over = false;

function check(what, files, budget) {
  const total = [...files].reduce((sum, file) => sum + size(file), 0);
  console.log(`${shown(total)}  ${what}, gzip; budget ${budget / KB} kB`);
  if (total > budget) over = true;
}

for (const name of readdirSync(join(dist, "assets")).sort()) {
  const file = `assets/${name}`;
  if (/\.(js|css)$/.test(name))
    console.log(`${shown(size(file))}  ${first.has(file) ? "first " : "later "} ${name}`);
}
check("first visit of staff", first, 250 * KB);
check("chat widget with its styles", ["widget.js"], 30 * KB);
if (over) {
  console.error("Over its budget: find what grew and split or drop it.");
  process.exit(1);
}

// What the console's page needs besides what Vite makes of it: its scripts named in it, and files that are compressed
// once, when it is built, instead of whenever somebody asks for them.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { HtmlTagDescriptor, Plugin, Rolldown } from "vite";

/** What every page of the console is made with. In a file of its own, which most new versions leave as it is. */
export const BASE =
  /node_modules\/(?:react|react-dom|scheduler|use-sync-external-store|openapi-fetch|@lingui\/.*|@tanstack\/(?:history|query-core|react-query|react-router|react-store|router-core|store))\//;

/** What is opened by customers, before a session or on every page. */
const FOR_OTHERS = /\/src\/(?:main\.tsx|start\/|chat\/|help\/|session\/\w+Page)/;
const STAFF = "/src/staff.ts";
/** What else staff open, with much the same parts. */
const BESIDES = /\/src\/(?:office\.ts|approvals\/LinkPage)/;

/** Whether staff's pages share a module with others that only staff open. Those parts are one file: many small ones
 * take their turns on a browser's few connections. */
export function sharedByStaff(id: string, of: Rolldown.GetModuleInfo): boolean {
  const importers = new Set([id]);
  // It grows as it is walked.
  for (const each of importers) {
    for (const importer of of(each)?.importers ?? []) importers.add(importer);
  }
  const all = [...importers];
  return (
    all.some((each) => each.endsWith(STAFF)) &&
    all.some((each) => BESIDES.test(each)) &&
    !all.some((each) => FOR_OTHERS.test(each))
  );
}

/** Names a module that the first script imports, and all that comes with it, so that the browser asks for them
 * together with that script and not after it. */
export function named(module: string): Plugin {
  return {
    name: "named-in-page",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle }) {
        if (!bundle) return [];
        const files = Object.values(bundle);
        const first = files.find(
          (file) => file.type === "chunk" && file.facadeModuleId?.endsWith(module),
        );
        if (first?.type !== "chunk") throw new Error(`${module} is no script of its own`);
        const chunks = new Set<Rolldown.OutputChunk>();
        const add = (chunk: Rolldown.OutputChunk) => {
          if (chunks.has(chunk)) return;
          chunks.add(chunk);
          for (const name of chunk.imports) {
            const imported = bundle[name];
            if (imported?.type === "chunk") add(imported);
          }
        };
        add(first);
        const link = (rel: string, file: string): HtmlTagDescriptor => ({
          tag: "link",
          attrs: { rel, crossorigin: true, href: `/${file}` },
          injectTo: "head",
        });
        const sheets = new Set(
          [...chunks].flatMap(({ viteMetadata }) => [...(viteMetadata?.importedCss ?? [])]),
        );
        return [
          ...[...chunks]
            .filter(({ fileName }) => !html.includes(`"/${fileName}"`))
            .map(({ fileName }) => link("modulepreload", fileName)),
          ...[...sheets].map((sheet) => link("stylesheet", sheet)),
        ];
      },
    },
  };
}

const WORTH_BYTES = 1024;

/** Puts a `.br` and a `.gz` beside each file that the service would compress. */
export function compressed(): Plugin {
  let folder = "";
  return {
    name: "compressed-once",
    apply: "build",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        if (!/\.(?:css|html|js|svg)$/.test(name)) continue;
        const file = join(folder, name);
        const text = readFileSync(file);
        if (text.length < WORTH_BYTES) continue;
        const params = { [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
        writeFileSync(`${file}.br`, brotliCompressSync(text, { params }));
        writeFileSync(`${file}.gz`, gzipSync(text, { level: constants.Z_BEST_COMPRESSION }));
      }
    },
  };
}

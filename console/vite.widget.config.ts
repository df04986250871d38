// Builds the chat widget into dist/widget.js: one classic script with its styles inside. It is made
// of the console's own components, with Preact in React's place because every page of a site loads it.
import { defineConfig, type Plugin } from "vite";

/** The same script in ASCII: a page that does not say its encoding must not garble it. */
const ascii = (code: string) =>
  code.replaceAll(/[^\p{ASCII}]/gu, (sign) =>
    [...Array(sign.length).keys()]
      .map((at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );

/** Puts the styles into the script, as a site's page needs them. */
function stylesInside(): Plugin {
  return {
    name: "styles-inside",
    enforce: "post",
    generateBundle(_, bundle) {
      const sheets = Object.values(bundle).filter((file) => file.fileName.endsWith(".css"));
      const styles = sheets.map((file) => ("source" in file ? String(file.source) : "")).join("");
      for (const sheet of sheets) delete bundle[sheet.fileName];
      const inside = styles
        .replaceAll(/:root(\[[^\]]*\])/g, ":host($1)")
        .replaceAll(":root", ":host")
        .replaceAll(/(\d*\.?\d+)rem\b/g, (_match, number) => `${Number(number) * 16}px`);
      for (const file of Object.values(bundle)) {
        if (file.type !== "chunk") continue;
        if (!file.code.includes("WIDGET_STYLES"))
          throw new Error("the script has no place for its styles");
        file.code = ascii(file.code.replace("WIDGET_STYLES", () => JSON.stringify(inside)));
      }
    },
  };
}

export default defineConfig({
  plugins: [stylesInside()],
  define: { "process.env.NODE_ENV": '"production"' },
  resolve: {
    alias: {
      "react-dom/client": "preact/compat/client",
      "react/jsx-runtime": "preact/jsx-runtime",
      "react-dom": "preact/compat",
      react: "preact/compat",
    },
  },
  publicDir: false,
  build: {
    target: "es2022",
    emptyOutDir: false,
    cssCodeSplit: false,
    lib: {
      entry: "src/widget/main.tsx",
      formats: ["iife"],
      name: "CountersignChat",
      fileName: () => "widget.js",
    },
  },
});

// Lingui's part of the build. Its macros become calls, and every message is compiled here, so that no
// parser of messages is sent to anybody. English needs no catalogue: its words stay in the code, and
// what has no values is its own key, also in the catalogues of other languages.

import { relative } from "node:path";
import { transformAsync, types } from "@babel/core";
import macros from "@lingui/babel-plugin-lingui-macro";
import { getCatalogForFile, getCatalogs } from "@lingui/cli/api";
import { getConfig } from "@lingui/conf";
import { type CompiledMessage, compileMessageOrThrow } from "@lingui/message-utils/compileMessage";
import type { Plugin } from "vite";

/** Puts compiled messages into the descriptors that the macros have left. */
function compiled() {
  return {
    name: "lingui-compiled",
    visitor: {
      ObjectExpression({ node }: { node: types.ObjectExpression }) {
        const value = (name: string) => {
          const found = node.properties.find(
            (each): each is types.ObjectProperty =>
              each.type === "ObjectProperty" &&
              each.key.type === "Identifier" &&
              each.key.name === name,
          );
          return found && { property: found, text: textOf(found.value) };
        };
        const id = value("id");
        const message = value("message");
        const marked = node.leadingComments?.some((each) => each.value.trim() === "i18n");
        if (!marked || !id || message?.text === undefined) return;
        const said = spoken(message.text);
        if (typeof said === "string") {
          id.property.value = types.stringLiteral(said);
          node.properties = node.properties.filter((each) => each !== message.property);
        } else {
          message.property.value = types.valueToNode(said);
        }
      },
    },
  };
}

/** A message as it is kept: one text where it has no values, else the pieces Lingui goes through. */
function spoken(message: string): string | CompiledMessage {
  const pieces = JSON.parse(JSON.stringify(compileMessageOrThrow(message)));
  return pieces.length === 1 && typeof pieces[0] === "string" ? pieces[0] : pieces;
}

function textOf(value: types.Node): string | undefined {
  if (value.type === "StringLiteral") return value.value;
  return value.type === "TemplateLiteral" && value.expressions.length === 0
    ? (value.quasis[0]?.value.cooked ?? undefined)
    : undefined;
}

export function lingui(): Plugin[] {
  const config = getConfig();
  return [
    {
      name: "lingui-macros",
      enforce: "pre",
      transform: {
        filter: { id: /\.tsx?$/, code: /from "@lingui\/(core|react)\/macro"/ },
        async handler(code, id) {
          const done = await transformAsync(code, {
            filename: id,
            configFile: false,
            babelrc: false,
            sourceMaps: true,
            parserOpts: { plugins: ["typescript", "jsx"] },
            plugins: [[macros, { stripMessageField: false }], compiled],
          });
          return done?.code ? { code: done.code, map: done.map } : undefined;
        },
      },
    },
    {
      name: "lingui-catalogues",
      transform: {
        filter: { id: /\.po$/ },
        async handler(_, id) {
          const path = relative(config.rootDir ?? "", id);
          const found = getCatalogForFile(path, await getCatalogs(config));
          const entries = found && (await found.catalog.read(found.locale));
          if (!entries) throw new Error(`${path} is no catalogue of lingui.config.ts`);
          const messages = Object.entries(entries).map(([key, { message, translation }]) => {
            if (!translation) throw new Error(`${path} has no translation of “${message}”`);
            const source = spoken(message ?? "");
            return [typeof source === "string" ? source : key, spoken(translation)];
          });
          const code = `export const messages = ${JSON.stringify(Object.fromEntries(messages))};`;
          return { code, map: null, moduleType: "js" };
        },
      },
    },
  ];
}

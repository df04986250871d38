// Renders /openapi.json: routes by tag with parameters, bodies and answers, the named schemas, and
// a form that sends a request with this browser's session. Builds elements and sets text, never
// markup, because the document's words are data.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
  return node;
}

/** Prose with `code`, **strong** and blank lines between paragraphs. */
function prose(text) {
  return (text || "").split(/\n\n+/).filter(Boolean).map((paragraph) => {
    const parts = paragraph.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
      if (part.startsWith("`")) return el("code", null, part.slice(1, -1));
      if (part.startsWith("**")) return el("strong", null, part.slice(2, -2));
      return part;
    });
    return el("p", null, parts);
  });
}

function refName(schema) {
  return schema && schema.$ref ? schema.$ref.split("/").pop() : null;
}

/** A schema's type in a line. */
function type(schema) {
  if (schema === true || !schema) return ["any"];
  const name = refName(schema);
  if (name) return [el("a", { href: `#schema-${name}` }, name)];
  const several = schema.anyOf || schema.oneOf;
  if (several) return several.flatMap((one, at) => (at ? [" | ", ...type(one)] : type(one)));
  if (schema.allOf) return schema.allOf.flatMap((one, at) => (at ? [" & ", ...type(one)] : type(one)));
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(" | ")];
  const types = [].concat(schema.type || "any");
  if (types.includes("array")) return ["[", ...type(schema.items), "]", types.includes("null") ? " | null" : ""];
  if (types.includes("object") && schema.additionalProperties && schema.additionalProperties !== true) {
    return ["{ … : ", ...type(schema.additionalProperties), " }"];
  }
  return [types.join(" | ") + (schema.format ? ` (${schema.format})` : "")];
}

function limits(schema) {
  const said = [];
  if (!schema || typeof schema !== "object") return said;
  if (schema.default !== undefined && schema.default !== null) said.push(`default ${JSON.stringify(schema.default)}`);
  if (schema.minimum !== undefined || schema.maximum !== undefined) said.push(`${schema.minimum ?? ""} to ${schema.maximum ?? ""}`);
  if (schema.maxLength !== undefined) said.push(`${schema.minLength ?? 0} to ${schema.maxLength} characters`);
  if (schema.maxItems !== undefined) said.push(`${schema.minItems ?? 0} to ${schema.maxItems} items`);
  return said;
}

function fields(schema) {
  const required = new Set(schema.required || []);
  const rows = Object.entries(schema.properties || {}).map(([name, property]) =>
    el("tr", null,
      el("td", null, el("code", null, name), " ", required.has(name) ? el("span", { class: "need" }, "required") : null),
      el("td", { class: "type" }, type(property)),
      el("td", null, prose(property.description), limits(property).join("; "))));
  return rows.length ? el("table", null, rows) : null;
}

function shape(schema) {
  const several = schema.oneOf || schema.anyOf;
  if (several && several.some((one) => one.properties)) {
    return several.map((one) => el("div", null, prose(one.description), fields(one) || el("p", { class: "type" }, type(one))));
  }
  return fields(schema) || el("p", { class: "type" }, type(schema));
}

/** An example value, as far as the schema tells. */
function example(schema, all, depth = 0) {
  if (!schema || schema === true || depth > 4) return null;
  const name = refName(schema);
  if (name) return example(all[name], all, depth + 1);
  if (schema.examples && schema.examples.length) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const several = schema.oneOf || schema.anyOf || schema.allOf;
  if (several) return example(several[0], all, depth + 1);
  const kind = [].concat(schema.type || "object")[0];
  if (kind === "object") {
    const value = {};
    for (const key of schema.required || []) value[key] = example((schema.properties || {})[key], all, depth + 1);
    return value;
  }
  return { string: "", integer: 0, number: 0, boolean: false, array: [] }[kind] ?? null;
}

function tryIt(path, method, operation, all) {
  const form = el("form", { class: "try" });
  const inputs = (operation.parameters || []).map((parameter) => {
    const input = el("input", { name: parameter.name, required: parameter.required });
    form.append(el("label", null, `${parameter.name} (${parameter.in})`, input));
    return [parameter, input];
  });
  const json = operation.requestBody && operation.requestBody.content["application/json"];
  let body = null;
  if (json) {
    body = el("textarea", { "aria-label": "Body" });
    body.value = JSON.stringify(example(json.schema, all), null, 2);
    form.append(el("label", null, "body", body));
  }
  const answer = el("pre", { hidden: true });
  form.append(el("button", { type: "submit" }, "Send"), answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let url = path;
    const query = new URLSearchParams();
    const headers = {};
    for (const [parameter, input] of inputs) {
      if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value === "") continue;
      else if (parameter.in === "query") query.set(parameter.name, input.value);
      else headers[parameter.name] = input.value;
    }
    if (body) headers["content-type"] = "application/json";
    answer.hidden = false;
    answer.textContent = "…";
    try {
      const response = await fetch(url + (query.size ? `?${query}` : ""), {
        method: method.toUpperCase(), headers, body: body ? body.value : undefined,
      });
      const text = await response.text();
      let shown = text;
      try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it is */ }
      answer.textContent = `${response.status} ${response.statusText}\n\n${shown}`;
    } catch (error) {
      answer.textContent = String(error);
    }
  });
  return el("details", null, el("summary", null, "Try it"), form);
}

function route(path, method, operation, all) {
  const id = operation.operationId;
  const body = el("div", null, prose(operation.description));
  const parameters = operation.parameters || [];
  if (parameters.length) {
    body.append(el("h4", null, "Parameters"), el("table", null, parameters.map((parameter) =>
      el("tr", null,
        el("td", null, el("code", null, parameter.name), ` ${parameter.in} `, parameter.required ? el("span", { class: "need" }, "required") : null),
        el("td", { class: "type" }, type(parameter.schema)),
        el("td", null, prose(parameter.description), limits(parameter.schema).join("; "))))));
  }
  for (const [kind, content] of Object.entries((operation.requestBody || {}).content || {})) {
    const schema = content.schema || {};
    body.append(el("h4", null, `Body: ${kind}`), el("p", { class: "type" }, type(schema)));
    const named = all[refName(schema)];
    if (named) body.append(...[].concat(shape(named)));
  }
  body.append(el("h4", null, "Answers"), el("table", null, Object.entries(operation.responses || {}).map(([status, response]) =>
    el("tr", null,
      el("td", null, el("code", null, status)),
      el("td", null, response.description),
      el("td", { class: "type" }, Object.entries(response.content || {}).flatMap(([kind, content]) => [...type(content.schema), ` ${kind}`]))))));
  const streams = Object.values(operation.responses || {}).some((response) => (response.content || {})["text/event-stream"]);
  if (!streams) body.append(tryIt(path, method, operation, all));
  const takes = (operation["x-permission"] || []).join(" or ");
  return el("details", { class: "route", id },
    el("summary", null,
      el("span", { class: "method" }, method.toUpperCase()),
      el("span", { class: "path" }, path),
      takes ? el("span", { class: "role" }, takes) : null,
      el("span", { class: "what" }, operation.summary || "")),
    body);
}

function render(spec) {
  const all = (spec.components || {}).schemas || {};
  document.title = `${spec.info.title} API ${spec.info.version}`;
  document.getElementById("intro").replaceChildren(
    el("h1", null, `${spec.info.title} API`, " ", el("small", null, spec.info.version)), ...prose(spec.info.description));
  const byTag = new Map((spec.tags || []).map((tag) => [tag.name, { tag, routes: [] }]));
  for (const [path, item] of Object.entries(spec.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (!operation) continue;
      const name = (operation.tags || ["other"])[0];
      if (!byTag.has(name)) byTag.set(name, { tag: { name }, routes: [] });
      byTag.get(name).routes.push([path, method, operation]);
    }
  }
  const contents = document.getElementById("contents");
  const main = document.getElementById("routes");
  for (const { tag, routes } of byTag.values()) {
    if (!routes.length) continue;
    contents.append(el("h2", null, tag.name));
    const section = el("section", { class: "tag" }, el("h2", null, tag.name), prose(tag.description));
    for (const [path, method, operation] of routes) {
      contents.append(el("a", { href: `#${operation.operationId}`, title: `${method.toUpperCase()} ${path}` }, operation.summary || path));
      section.append(route(path, method, operation, all));
    }
    main.append(section);
  }
  const schemas = document.getElementById("schemas");
  schemas.append(el("h2", null, "Schemas"));
  for (const [name, schema] of Object.entries(all)) {
    schemas.append(el("details", { class: "route", id: `schema-${name}` },
      el("summary", null, el("span", { class: "path" }, name)),
      el("div", null, prose(schema.description), shape(schema))));
  }
  document.getElementById("filter").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase();
    for (const link of contents.querySelectorAll("a")) {
      link.hidden = !`${link.textContent} ${link.title}`.toLowerCase().includes(wanted);
    }
  });
  const show = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) target.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", show);
  show();
}

fetch("/openapi.json").then((response) => response.json()).then(render).catch((error) => {
  document.getElementById("intro").replaceChildren(el("p", null, `The description could not be loaded: ${error}`));
});

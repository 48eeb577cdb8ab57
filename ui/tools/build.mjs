// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the pages: build.mjs FOLDER STAMP DEPFILE. Writes index.html and what it needs (assets/) there,
// and for ninja when that was and what went in.
import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const [folder, stamp, depfile] = process.argv.slice(2);
if (!depfile) {
  console.error("usage: build.mjs FOLDER STAMP DEPFILE");
  process.exit(2);
}
const started = process.cwd();
process.chdir(fileURLToPath(new URL("..", import.meta.url)));
await import("./api-types.mjs");
await build({ build: { outDir: resolve(started, folder), emptyOutDir: true }, logLevel: "warn" });

// The documents, for About: as the plain text they are.
const documents = readdirSync("../docs").filter((name) => name.endsWith(".md"));
for (const name of documents) cpSync(join("../docs", name), join(resolve(started, folder), "docs", name.replace(/md$/, "txt")));

function filesBelow(path) {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(path, entry.name)) : [join(path, entry.name)]);
}
const inputs = ["index.html", "package-lock.json", "vite.config.ts", "../api-gateway/page/openapi.json", ...documents.map((name) => join("../docs", name)), ...filesBelow("tools"), ...filesBelow("public"), ...filesBelow("src")]
  .filter((path) => path !== join("src", "api", "types.ts")) // written by this very build
  .map((path) => relative(started, resolve(path)).replaceAll(" ", "\\ "));
writeFileSync(resolve(started, depfile), `${stamp}: ${inputs.join(" ")}\n`);
writeFileSync(resolve(started, stamp), "");

// SPDX-License-Identifier: GPL-3.0-or-later
import { readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

const documents = readdirSync(new URL("../docs", import.meta.url)).filter((name) => name.endsWith(".md")).map((name) => name.replace(/\.md$/, ""));

export default defineConfig({
  base: "/",
  define: { __DOCUMENTS__: JSON.stringify(documents) },
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    target: "es2022",
    cssCodeSplit: false,
    assetsInlineLimit: 0, // nothing from data: addresses
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});

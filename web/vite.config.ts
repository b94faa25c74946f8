import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { precompress } from "./precompress.ts";
import { omitPageDrawer, preloadFont, trimPatternFly } from "./trim-patternfly.ts";

const base = "/p/admin/";

// A test that builds the pages sets NODE_ENV to "test", which would bundle the development code of React, 52 kB larger.
process.env["NODE_ENV"] = "production";

export default defineConfig({
  base,
  plugins: [trimPatternFly(), omitPageDrawer(), react(), preloadFont(base), precompress()],
  build: {
    target: "es2022",
    // The Content-Security-Policy allows files of ours, not data: URLs.
    assetsInlineLimit: 0,
    // What nearly all of the 41 parts loaded on demand use is one file: alone, it was 17 files of the first page, and 5 kB with their
    // headers. From 33 parts down, the group would hold the parts of forms, 5 kB that the first page does without. It uses most of the
    // other two groups, which were 11 files, and 6 kB more. A new page raises these numbers by one.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "shared", minShareCount: 34 },
            { name: "api", test: /\/src\/api\/|[iI]nfiniteQuery/ },
            { name: "cards", test: /react-(?:core|styles).*\/(?:Card|Grid|List|ToggleGroup)\// },
          ],
        },
      },
    },
  },
});

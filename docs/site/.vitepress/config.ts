import { defineConfig } from "vitepress";
import { sidebar, stagePages } from "../stage.ts";

stagePages();

export default defineConfig({
  title: "Bellwire",
  description: "Webhooks for an API provider's developer portal",
  srcDir: "pages",
  outDir: "dist",
  cacheDir: "node_modules/.cache/vitepress",
  markdown: {
    theme: { light: "github-light", dark: "github-dark" },
    config(markdown) {
      const { fence } = markdown.renderer.rules;
      markdown.renderer.rules.fence = (tokens, at, ...rest) => {
        const { info, content = "" } = tokens.at(at) ?? {};
        if (info !== "mermaid") return fence?.(tokens, at, ...rest) ?? "";
        return `<MermaidDiagram source="${markdown.utils.escapeHtml(content)}" />`;
      };
    },
  },
  themeConfig: {
    nav: [
      { text: "Guides", link: "/guides/" },
      { text: "Runbooks", link: "/runbooks/" },
      { text: "Settings", link: "/reference/settings" },
      { text: "Changelog", link: "/changelog" },
    ],
    sidebar: sidebar.map(({ items, ...group }) => ({ ...group, items: [...items] })),
    outline: { level: [2, 3] },
    search: { provider: "local" },
  },
});

import { Features, transform } from "lightningcss";
import type { Plugin } from "vite";

/** Classes that the Admin Portal never sets: themes other than light and dark, and PatternFly's icon font. */
const unusedClass = /pf-v6-theme-(?:felt|glass|redhat|high-contrast)|pf-v6-pficon[\w-]*/g;

/**
 * Removes unused themes, the icon font and PatternFly's font files, which have all alphabets in one file. The base
 * sheet shrinks from 280 kB to 122 kB. PatternFly publishes no smaller one.
 */
export const trimPatternFly = (): Plugin => ({
  name: "trim-patternfly",
  enforce: "pre",
  transform: {
    filter: { id: /@patternfly\/.*\.css$/ },
    handler: (css, id) => ({ code: trimStyleSheet(css, id), map: null }),
  },
});

/**
 * Removes the rules of unused classes, and all font faces: `src/layout/fonts.css` declares the faces in use. The layer lets our own
 * rules win over sheets that are loaded later, with the page that needs them.
 */
function trimStyleSheet(css: string, filename: string): string {
  const { code } = transform({
    filename,
    code: Buffer.from(`@layer patternfly {${css}}`),
    exclude: Features.Nesting, // Vite lowers and minifies afterwards
    unusedSymbols: [...new Set(css.match(unusedClass))],
    minify: true,
    visitor: { Rule: { "font-face": () => [] } },
  });
  return Buffer.from(code).toString();
}

const drawerImport = "import { Drawer, DrawerContent, DrawerPanelContent } from '../Drawer';";

/**
 * Removes the notification drawer from PatternFly's page, which the Admin Portal does not use, with its style sheet and
 * its focus trap: 10 kB of the first page. The page renders the drawer only if it is given one.
 */
export const omitPageDrawer = (): Plugin => ({
  name: "omit-page-drawer",
  transform: {
    filter: { id: /@patternfly\/react-core\/dist\/esm\/components\/Page\/Page\.js$/ },
    handler(code) {
      if (!code.includes(drawerImport)) this.error("PatternFly's page no longer imports the drawer in this way.");
      const stubs = "const Drawer = 'div', DrawerContent = 'div', DrawerPanelContent = 'div';";
      return { code: code.replace(drawerImport, stubs), map: null };
    },
  },
});

/** The font of the first text. The browser would find it only after the style sheets, and show another font until then. */
const firstFont = /red-hat-text-latin-(?!ext).*\.woff2$/;

/** Adds a tag that loads the font of the first text together with the scripts. */
export const preloadFont = (base: string): Plugin => ({
  name: "preload-font",
  transformIndexHtml: {
    order: "post",
    handler: (_html, { bundle = {} }) =>
      Object.keys(bundle)
        .filter((name) => firstFont.test(name))
        .map((name) => ({
          tag: "link",
          injectTo: "head",
          attrs: { rel: "preload", as: "font", type: "font/woff2", crossorigin: true, href: `${base}${name}` },
        })),
  },
});

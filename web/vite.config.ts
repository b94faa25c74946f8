import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/p/admin/",
  plugins: [react()],
  build: {
    target: "es2022",
    // The Content-Security-Policy allows files of ours, not data: URLs.
    assetsInlineLimit: 0,
  },
});

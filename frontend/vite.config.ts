import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { precompressed } from "./precompress.ts";

/** Where `make dev` serves the API; the page is served by Vite then and talks through its proxy. */
const server = process.env.TELCALL_DEV_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwindcss(), precompressed()],
  build: { outDir: "../telcall/web", emptyOutDir: true, target: "es2022" },
  server: {
    proxy: {
      "/api": server,
      "/auth": server,
      "/ws": { target: server, ws: true },
    },
  },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const api = 'http://127.0.0.1:8080'

/** Fails a build with zod in it: the page takes types and constants from contracts, and schemas would double its script. */
const withoutZod: Plugin = {
  name: 'without-zod',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      const zod = chunk.type === 'chunk' && chunk.moduleIds.find((id) => id.includes('/node_modules/zod/'))
      if (zod) this.error(`The page bundles zod (${zod}). Import a type, or a constant of @atelier/contracts/limits.`)
    }
  },
}

/** Writes scripts and styles compressed as well: the API sends them so, without the work of doing it for each request. */
const compressed: Plugin = {
  name: 'compressed',
  // of the files as they are written: Vite still changes them after the bundle is generated
  writeBundle({ dir }, bundle) {
    for (const name of Object.keys(bundle).filter((file) => /\.(js|css|svg)$/.test(file)))
      writeFileSync(join(dir!, `${name}.gz`), gzipSync(readFileSync(join(dir!, name)), { level: 9 }))
  },
}

/** While developing: the dashboard at its own addresses, as the API serves it. */
const dashboardAddresses: Plugin = {
  name: 'dashboard-addresses',
  configureServer: ({ middlewares }) =>
    void middlewares.use((request, _response, next) => {
      if (/^\/admin(\/(?!queues)|\?|$)/.test(request.url ?? '')) request.url = '/admin.html'
      next()
    }),
}

/**
 * Two builds of one source: `vite build` makes the chat, and after it `vite build --mode admin` adds the dashboard. Built
 * together they would share their scripts in pieces, and the chat would load more of them.
 */
export default defineConfig(({ mode }) => ({
  plugins: [react(), withoutZod, compressed, dashboardAddresses],
  // Relative to `<base href>` of index.html, which the API sets to its BASE_PATH: one build for all paths.
  base: './',
  publicDir: mode === 'admin' ? false : 'public',
  build: {
    target: 'es2022',
    emptyOutDir: mode !== 'admin',
    // The API's content security policy allows files of its own only: no inlined assets, no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // One small file: a part that is loaded later has no second file that may be missing when it is tried again.
    cssCodeSplit: false,
    // What the first load needs is one script: many small ones are compressed less well. The benchmark bounds it.
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: mode === 'admin' ? 'admin.html' : 'index.html',
      output: { codeSplitting: { groups: [{ name: mode === 'admin' ? 'admin' : 'page', tags: ['$initial'] }] } },
    },
  },
  // `npx vite` beside a running `npm start`.
  server: {
    proxy: {
      '/v1': api,
      '/objects': api,
      '/admin/queues': api,
      '/health': api,
      '/socket.io': { target: api, ws: true },
    },
  },
}))

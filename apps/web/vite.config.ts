import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const api = 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react()],
  // The API's content security policy allows files of its own only: no inlined assets, no inline script.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, sourcemap: false },
  // `npx vite` beside a running `npm start`.
  server: { proxy: { '/v1': api, '/objects': api, '/socket.io': { target: api, ws: true } } },
})

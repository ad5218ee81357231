import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
export default defineConfig({
    plugins: [react()],
    // The API's content security policy allows files of its own only: no inlined assets, no inline script.
    build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, sourcemap: false },
    server: { proxy: { '/v1': 'http://127.0.0.1:8080', '/objects': 'http://127.0.0.1:8080', '/socket.io': { target: 'ws://127.0.0.1:8080', ws: true } } },
});
//# sourceMappingURL=vite.config.js.map
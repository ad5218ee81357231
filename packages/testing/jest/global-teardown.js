import { rmSync } from 'node:fs'

/** Stops what `global-setup.js` started. */
export default async function tearDown() {
  const { folder, postgres } = globalThis.atelierServices
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}

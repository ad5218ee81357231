import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs `use` with a scratch copy of a folder and removes the copy afterwards. */
export async function withCopy(folder: string, use: (copy: string) => Promise<void>): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), 'atelier copy '))
  try {
    await cp(folder, copy, { recursive: true })
    await use(copy)
  } finally {
    await rm(copy, { recursive: true })
  }
}

// npm run parity -- FILE: a golden DiT file through PyTorch, the exported ONNX graphs, and the TypeScript pipeline.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Comparison } from './parity/compare.js'
import { runParity } from './parity/run-parity.js'
import { messageOf, ml, setUpPython, typedPath, venvPython } from './repository.js'

const usage = `Usage: npm run parity -- FILE
Runs every case of a golden DiT file (safetensors) through PyTorch, the exported ONNX graphs and the TypeScript
pipeline. Prints the worst error of each, in standard deviations of the expected output. Exit status 1 above 1e-4 (1e-3
for whole sampling runs), 2 when it cannot be run. Needs Python 3.11 or newer; makes ml/.venv when it is missing.`

/** Runs the Python half and returns its comparisons. It exits with 1 when one fails: the table shows that. */
function runPython(file: string, folder: string): Comparison[] {
  const json = join(folder, 'comparisons.json')
  const args = ['-m', 'atelier_ml', 'parity', file, '--json', json, '--export-dir', join(folder, 'graphs')]
  const { status, error } = spawnSync(venvPython, args, { cwd: ml, stdio: ['ignore', 'ignore', 'inherit'] })
  if (error || (status !== 0 && status !== 1) || !existsSync(json))
    throw new Error(`python -m atelier_ml parity could not run (${error?.message ?? `exit ${status}`})`)
  return JSON.parse(readFileSync(json, 'utf8')) as Comparison[]
}

const [argument, ...more] = process.argv.slice(2)
if (argument === '--help' || argument === '-h') {
  console.log(usage)
} else if (argument === undefined || more.length) {
  console.error(usage)
  process.exitCode = 2
} else {
  const scratch = mkdtempSync(join(tmpdir(), 'atelier-parity-'))
  try {
    const file = typedPath(argument)
    if (!existsSync(file)) throw new Error(`there is no file ${file}`)
    await setUpPython()
    const others = runPython(file, scratch)
    const { table, passed } = await runParity(file, join(scratch, 'graphs'), others)
    console.log(table)
    if (!passed) process.exitCode = 1
  } catch (error) {
    console.error(`parity: ${messageOf(error)}`)
    process.exitCode = 2
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

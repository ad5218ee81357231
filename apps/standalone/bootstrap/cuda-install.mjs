#!/usr/bin/env node
// npm run cuda:install: puts ONNX Runtime's CUDA provider beside onnxruntime-node, and says what the machine lacks for it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const usage = `Usage: npm run cuda:install [-- OPTIONS]
Fetches the two files of ONNX Runtime's CUDA provider from the Python wheel onnxruntime-gpu of the version of
onnxruntime-node (250 MB, for Linux on x64 and arm64), checks the wheel's SHA-256 and puts them into
node_modules/onnxruntime-node. Then checks the CUDA libraries, cuDNN and the driver, with a line for each that is missing.
Exit status 0: all is there; 1: installed, but something is missing; 2: not installed.

  --wheel FILE   take this wheel instead of fetching one
  --index URL    fetch from this package index (default https://pypi.org/simple)
  --check        install nothing, only check
  --no-check     only install, as where an image is built: CUDA and driver are not there yet
  --help         show this`

const libraries = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so']
// onnxruntime-gpu opens cuDNN at run time: it is not among the libraries that the provider names.
const cudnn = 'libcudnn.so.9'
const tags = { x64: /manylinux\w*_x86_64\.whl$/, arm64: /manylinux\w*_aarch64\.whl$/ }

class Refusal extends Error {}

const require = createRequire(join(process.cwd(), 'package.json'))
const packageFile = require.resolve('onnxruntime-node/package.json')
const { version } = JSON.parse(readFileSync(packageFile, 'utf8'))
const folder = join(dirname(packageFile), 'bin', 'napi-v6', process.platform, process.arch)
const AdmZip = createRequire(packageFile)('adm-zip')

/** The bytes of the wheel for this machine, their SHA-256 checked. */
async function fetchWheel(index) {
  const page = `${index.replace(/\/$/, '')}/onnxruntime-gpu/`
  const answer = await get(page, { accept: 'application/vnd.pypi.simple.v1+json' })
  const { files } = await answer.json()
  // The libraries do not depend on Python: one version of it, so that everybody gets the same files.
  const file = files.find(
    ({ filename }) => filename.startsWith(`onnxruntime_gpu-${version}-cp312-`) && tags[process.arch].test(filename),
  )
  if (!file) throw new Refusal(`${page} has no wheel of version ${version} for Linux on ${process.arch}`)
  console.log(`Fetching ${file.filename} …`)
  const bytes = Buffer.from(await (await get(new URL(file.url, page))).arrayBuffer())
  const found = createHash('sha256').update(bytes).digest('hex')
  if (found !== file.hashes.sha256)
    throw new Refusal(`${file.filename} has the SHA-256 ${found} instead of ${file.hashes.sha256}`)
  return bytes
}

async function get(url, headers = {}) {
  const answer = await fetch(url, { headers }).catch((error) => {
    throw new Refusal(`${url} cannot be reached: ${error.cause?.message ?? error.message}`)
  })
  if (!answer.ok) throw new Refusal(`${url} answers with ${answer.status}`)
  return answer
}

/** Takes the libraries out of the wheel; all or none are replaced. */
function install(bytes) {
  const zip = new AdmZip(bytes)
  const metadata = zip.getEntries().find(({ entryName }) => /^onnxruntime_gpu-[^/]+\/METADATA$/.test(entryName))
  const theirs = /^Version: (.+)$/m.exec(metadata?.getData().toString('utf8') ?? '')?.[1]?.trim()
  if (theirs !== version)
    throw new Refusal(`the wheel is of onnxruntime-gpu ${theirs ?? '(unknown)'}; onnxruntime-node is ${version}`)
  const scratch = mkdtempSync(join(folder, '.cuda-'))
  try {
    for (const name of libraries) {
      const data = zip.getEntry(`onnxruntime/capi/${name}`)?.getData()
      if (!data) throw new Refusal(`the wheel has no ${name}`)
      writeFileSync(join(scratch, name), data, { mode: 0o755 })
    }
    for (const name of libraries) {
      renameSync(join(scratch, name), join(folder, name))
      const hash = createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex')
      console.log(`${hash}  ${name}`)
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** A line for each thing that is missing. */
function check() {
  const absent = libraries.filter((name) => !existsSync(join(folder, name)))
  if (absent.length) return absent.map((name) => `${name} is missing: npm run cuda:install`)
  const { stdout, error } = spawnSync('ldd', [join(folder, libraries[1])], { encoding: 'utf8' })
  if (error) return ['ldd is missing, which tells what the provider needs: install libc-bin or glibc-tools']
  const needed = [...stdout.matchAll(/^\s*(\S+) => (not found)?/gm)].map(([, name, lost]) => ({ name, lost }))
  const cuda = /libcu(?:dart|blas)\.so\.(\d+)/.exec(stdout)?.[1]
  const major = cuda ? `CUDA ${cuda}` : 'CUDA'
  console.log(`The provider is for ${major} and cuDNN 9.`)
  const lines = needed
    .filter(({ lost }) => lost)
    .map(({ name }) =>
      name.startsWith('libcuda.so')
        ? `${name} is missing: the NVIDIA driver, or in a container the NVIDIA container toolkit`
        : `${name} is missing: install the libraries of ${major}`,
    )
  if (!isFound(cudnn)) lines.push(`${cudnn} is missing: install cuDNN 9 for ${major}`)
  const smi = spawnSync('nvidia-smi', [], { encoding: 'utf8' })
  const driver = /CUDA Version:\s*(\d+)/.exec(smi.stdout ?? '')?.[1]
  if (smi.error || smi.status !== 0) lines.push('no GPU: nvidia-smi is missing or finds none')
  else if (cuda && driver && Number(driver) < Number(cuda))
    lines.push(`the driver is for CUDA ${driver}: install one for ${major}`)
  return lines
}

/** Whether the loader would find a library by name. */
function isFound(name) {
  const paths = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean)
  if (paths.some((path) => existsSync(join(path, name)))) return true
  const known = ['ldconfig', '/sbin/ldconfig'].map((command) => spawnSync(command, ['-p'], { encoding: 'utf8' }).stdout)
  return known.some((text) => text?.includes(`${name} `))
}

try {
  const { values } = parseArgs({
    options: {
      wheel: { type: 'string' },
      index: { type: 'string', default: 'https://pypi.org/simple' },
      check: { type: 'boolean', default: false },
      'no-check': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) console.log(usage)
  else {
    if (process.platform !== 'linux' || !(process.arch in tags))
      throw new Refusal(
        `onnxruntime-node runs on CUDA on Linux (x64, arm64), not on ${process.platform} ${process.arch}`,
      )
    if (!values.check) install(values.wheel ? readFileSync(resolve(values.wheel)) : await fetchWheel(values.index))
    const lines = values['no-check'] ? [] : check()
    for (const line of lines) console.log(line)
    if (lines.length) process.exitCode = 1
    else if (!values['no-check']) console.log('Nothing is missing.')
  }
} catch (error) {
  console.error(`cuda:install: ${error.message}`)
  process.exitCode = 2
}

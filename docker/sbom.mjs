#!/usr/bin/env node
// Prints what a folder's packages are, as a CycloneDX bill of materials: node docker/sbom.mjs FOLDER NAME
// From the list that npm keeps of what it has installed; `npm sbom` (11.19) leaves out many that others brought in.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const algorithms = { sha512: 'SHA-512', sha256: 'SHA-256', sha1: 'SHA-1' }

/** A package as a component; `integrity` is as in lockfiles: algorithm, hyphen, base64. */
function component(path, { version, license, integrity }) {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  const [algorithm, base64] = integrity?.split(' ')[0].split(/-(.*)/s) ?? []
  return {
    type: 'library',
    'bom-ref': `${path}@${version}`,
    name,
    version,
    purl,
    ...(license && {
      licenses: [
        /^[\w.-]+$/.test(license) ? { license: { id: license } } : { expression: license.replace(/ and /g, ' AND ') },
      ],
    }),
    ...(base64 && { hashes: [{ alg: algorithms[algorithm], content: Buffer.from(base64, 'base64').toString('hex') }] }),
  }
}

/**
 * The bill of materials of a folder in which `npm ci` has run.
 *
 * @param folder - has `node_modules`, and a `package.json` with the version
 * @param name - of the image
 */
export function billOfMaterials(folder, name) {
  const read = (path) => JSON.parse(readFileSync(join(folder, path), 'utf8'))
  const { packages } = read('node_modules/.package-lock.json')
  const { version, license } = read('package.json')
  const installed = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link)
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: { type: 'application', 'bom-ref': name, name, version, licenses: [{ license: { id: license } }] },
    },
    components: [
      { type: 'platform', 'bom-ref': 'node', name: 'node', version: process.versions.node },
      ...installed.map(([path, entry]) => component(path, entry)),
    ],
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder, name] = process.argv.slice(2)
  if (!name) {
    console.error('Usage: node docker/sbom.mjs FOLDER NAME')
    process.exit(2)
  }
  console.log(JSON.stringify(billOfMaterials(folder, name), null, 2))
}

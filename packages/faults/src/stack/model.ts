import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from '@atelier/contracts'
import { tinyModel } from '../root.js'

/** Name of the model. */
export const modelName = 'tiny'

/**
 * Copies the tiny model into a folder of models, with more steps allowed, so that some generations last long enough to be
 * hit in the middle.
 *
 * @returns path of the model's folder
 */
export function copyModel(models: string): string {
  const folder = join(models, modelName)
  cpSync(tinyModel, folder, { recursive: true })
  const path = join(folder, 'manifest.json')
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest
  writeFileSync(path, JSON.stringify({ ...manifest, limits: { ...manifest.limits, maxSteps: 1000 } }))
  return folder
}

import type { Generation } from '@atelier/contracts'
import { words } from '../messages/words.js'

/**
 * The settings that a generation ran with, as names and values for people; what it did not use is left out.
 *
 * @param modelTitle - what the model is called; undefined: it is not offered any more
 */
export function settingsOf(
  { seed, model, parameters, device }: Generation,
  modelTitle?: string,
): [name: string, value: string][] {
  const { width, height, steps, guidanceScale, guidanceRescale, guidanceInterval, sampler, speed } = parameters
  const { details } = words
  const rows: [string, string | null][] = [
    [details.seed, String(seed)],
    [details.size, words.stage.size(width, height)],
    [details.steps, String(steps)],
    [details.guidance, details.guidanceValue(guidanceScale, guidanceRescale)],
    [details.interval, guidanceInterval && details.intervalValue(...guidanceInterval)],
    [details.sampler, words.settings.samplers[sampler] ?? sampler],
    [details.speed, speed === 'fast' ? words.settings.speeds.fast : null],
    [details.negative, parameters.negativePrompt || null],
    [details.keepUnmasked, parameters.keepUnmasked ? details.keepUnmaskedValue : null],
    [details.model, modelTitle ?? model],
    [details.device, device && (details.devices[device] ?? device)],
  ]
  return rows.filter((row): row is [string, string] => row[1] !== null)
}

/** When a generation ended, and how long it took. */
export function timeOf({ createdAt, finishedAt, timings }: Generation): string {
  const made = new Date(finishedAt ?? createdAt).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  const { totalMs } = timings
  return totalMs === undefined ? made : `${made} · ${words.details.timeValue((totalMs / 1000).toFixed(1))}`
}

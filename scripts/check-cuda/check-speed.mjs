import { median } from '../bench/median.mjs'

const runs = 5
const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`

/**
 * Times 20 guided DDIM steps without history and with five frames of it, medians of five after one to warm up; and, for
 * information, the other stages of the same generations, in which every text and picture was encoded anew.
 *
 * @param model - an opened model
 * @param request - see `drawRequests`
 * @param {boolean} held - whether the targets count
 * @returns rows of the table
 */
export async function checkSpeed(model, request, held) {
  const rows = []
  for (const [history, limit] of [
    [0, 100],
    [5, 1000],
  ]) {
    // Nothing that one of them encoded is there for another: what was kept is kept for its scope alone.
    const generate = (run) => model.generate(request(history, run, { cacheScope: `run ${run}` }))
    await generate(runs)
    const times = []
    for (let run = 0; run < runs; run++) {
      const began = performance.now()
      const { timings } = await generate(run)
      times.push({ ...timings, totalMs: performance.now() - began })
    }
    const [encode, denoise, decode, total] = ['encodeMs', 'denoiseMs', 'decodeMs', 'totalMs'].map((name) =>
      median(times.map((one) => one[name])),
    )
    const { width } = request(history, 1)
    const what = `${width} px, 20 steps with guidance, history ${history}`
    rows.push(
      {
        check: `${what}: the steps`,
        value: ms(denoise),
        target: `≤ ${limit} ms`,
        passed: held ? denoise <= limit : null,
      },
      { check: `${what}: texts and pictures in`, value: ms(encode), target: '', passed: null },
      { check: `${what}: VAE decoding`, value: ms(decode), target: '', passed: null },
      { check: `${what}: all of it`, value: ms(total), target: '', passed: null },
    )
  }
  return rows
}

/**
 * Generations from random noise, pictures and texts, of one to four steps: all must come to numbers. The pipeline looks
 * at every latent and at the decoded picture, and refuses what is not finite.
 *
 * @param model - an opened model
 * @param request - see `drawRequests`
 * @param {number} count - how many
 * @returns one row of the table
 */
export async function checkNumbers(model, request, count) {
  const bad = []
  for (let seed = 0; seed < count; seed++) {
    try {
      await model.generate(request(seed % 6, seed, { steps: 1 + (seed % 4) }))
    } catch (error) {
      if (error.code !== 'model_invalid_output') throw error
      bad.push(seed)
    }
  }
  const value = bad.length ? `${bad.length} not, the first with seed ${bad[0]}` : 'all'
  return { check: `finite numbers from ${count} random inputs`, value, target: 'all', passed: bad.length === 0 }
}

import { coefficientsPerStep, SamplerRuns } from '@atelier/ace/stages'

type Run = Parameters<SamplerRuns['run']>[1]
type Read = (own: Run) => Promise<{ next_predicted: { data: Float32Array } }>

/**
 * What the network inside a sampler graph says of a latent, both passes of guidance, as `NoisePredictor.predict` returns
 * it but in the graph's order: one step whose picture is the network's own output.
 *
 * @param read - one run of the graph
 */
export async function readNoise(
  read: Read,
  latent: Run['latent'],
  timestep: number,
): Promise<[conditional: Float32Array, unconditional: Float32Array]> {
  const own = (scale: number): Run => ({
    latent,
    predicted: latent,
    timesteps: { data: Float32Array.of(timestep), dims: [1] },
    coefficients: { data: Float32Array.of(0, 1, 0, 0, 0), dims: [1, coefficientsPerStep] },
    guidance: { data: Float32Array.of(scale, 0), dims: [2] },
  })
  const conditional = await read(own(1))
  const unconditional = await read(own(0))
  return [conditional.next_predicted.data, unconditional.next_predicted.data]
}

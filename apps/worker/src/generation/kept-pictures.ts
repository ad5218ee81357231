import type { GenerateResult } from '@atelier/ace'

/** What the model made for generations that have not ended, so that an attempt whose end failed is not made anew. */
export class KeptPictures {
  private readonly results = new Map<string, GenerateResult>()

  /** @param most - results that are kept; each has three bytes a pixel */
  constructor(private readonly most: number) {}

  /** What was made for a generation before, if it is still here. */
  of(generationId: string): GenerateResult | undefined {
    return this.results.get(generationId)
  }

  /** Keeps a result until {@link forget}, or until newer ones need its place. */
  keep(generationId: string, result: GenerateResult): void {
    this.results.set(generationId, result)
    const [oldest] = this.results.keys()
    if (this.results.size > this.most && oldest) this.results.delete(oldest)
  }

  /** The generation has ended. */
  forget(generationId: string): void {
    this.results.delete(generationId)
  }
}

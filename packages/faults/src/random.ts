import { seededRandom } from '@atelier/testing/seeded-random'

/**
 * Random numbers that a seed decides, so that a run can be repeated: the same seed gives the same plan.
 * Each part of the suite draws from a {@link fork} of its own, so that one that draws more often does not move the others.
 */
export class Random {
  /** A number from 0 up to, not including, 1. */
  readonly next: () => number

  /** @param seed - a whole number */
  constructor(readonly seed: number) {
    this.next = seededRandom(seed)
  }

  /** A whole number, both bounds included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.between(0, list.length - 1)]!
  }

  /** Another source whose numbers depend on this one's seed and the name alone. */
  fork(name: string): Random {
    let hash = this.seed ^ 0x811c9dc5
    for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
    return new Random(hash >>> 0)
  }
}

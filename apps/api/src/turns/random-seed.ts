import { randomInt } from 'node:crypto'

/** How many seeds there are: 0 … 2³²−1. */
export const seeds = 2 ** 32

/** Any seed. */
export const randomSeed = (): number => randomInt(seeds)

import { randomInt } from 'node:crypto'
import { seedCount } from '@atelier/conversation'

/** Any seed. */
export const randomSeed = (): number => randomInt(seedCount)

import type { Prisma } from '../generated/client.js'

/** A value for a JSON column: types without index signature do not fit Prisma's, though their values do. */
export const json = (value: unknown): Prisma.InputJsonValue => value as Prisma.InputJsonValue

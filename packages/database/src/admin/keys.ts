import { AtelierError, newId } from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { page } from '../prisma/page.js'
import { toKey } from '../prisma/rows.js'
import { transaction } from '../prisma/transaction.js'
import type { AdminRepository } from '../repositories.js'
import { hashToken, hintOf, newToken } from './token.js'

type Keys = Pick<AdminRepository, 'createOwner' | 'createKey' | 'listKeys' | 'revokeKey'>

/** Owners and their keys. */
export function adminKeys(client: PrismaClient): Keys {
  return {
    createOwner: (name) => client.owner.create({ data: { id: newId('owner'), name }, select: { id: true } }),
    createKey: ({ ownerId, name, scopes, token = newToken() }) =>
      transaction(client, async (tx) => {
        const tokenHash = hashToken(token)
        const existing = await tx.key.findUnique({ where: { tokenHash } })
        if (existing) return { ...toKey(existing), token }
        if (ownerId !== undefined && !(await tx.owner.findUnique({ where: { id: ownerId } }))) {
          throw new AtelierError('not_found', `There is no owner ${ownerId}.`)
        }
        const owner = ownerId ?? (await tx.owner.create({ data: { id: newId('owner'), name } })).id
        const key = await tx.key.create({
          data: { id: newId('key'), ownerId: owner, name, scopes, tokenHash, hint: hintOf(token) },
        })
        return { ...toKey(key), token }
      }),
    listKeys: (query) => page(query, (args) => client.key.findMany(args), toKey),
    revokeKey: async (id) => {
      await client.$executeRaw`UPDATE keys SET revoked_at = now() WHERE id = ${id} AND revoked_at IS NULL`
      const row = await client.key.findUnique({ where: { id } })
      return row && toKey(row)
    },
  }
}

import type { Atelier } from '@atelier/client'
import type { Model } from '@atelier/contracts'
import { useEffect, useState } from 'react'

/** The default model of the server; null until it is known. */
export function useModel(client: Atelier, fail: (error: unknown) => void): Model | null {
  const [model, setModel] = useState<Model | null>(null)
  useEffect(() => {
    let current = true
    const read = async () => {
      const models = await client.models.list()
      if (current) setModel(models.find((m) => m.default) ?? models[0] ?? null)
    }
    read().catch((error: unknown) => {
      if (current) fail(error)
    })
    return () => {
      current = false
    }
  }, [client, fail])
  return model
}

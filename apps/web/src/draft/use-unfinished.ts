import { useEffect, useState } from 'react'
import { dropUnfinished, readUnfinished } from './unfinished.js'

/** Whether something unfinished is kept under a name, as it was when the component appeared; and how to forget it. */
export function useUnfinished(key: string): { kept: boolean; forget: () => void } {
  const [keptKey, setKeptKey] = useState<string | null>(null)
  useEffect(() => {
    let current = true
    void readUnfinished(key).then((value) => current && setKeptKey(value === undefined ? null : key))
    return () => {
      current = false
    }
  }, [key])
  const forget = () => {
    setKeptKey(null)
    void dropUnfinished(key)
  }
  return { kept: keptKey === key, forget }
}

import type { LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { fail } from '../../app/failure.js'
import { toast } from '../../app/toasts.js'
import controls from '../../theme/controls.module.css'
import { refresh } from '../server/queries.js'
import { Ask, type Question } from './ask.js'

/** What an {@link Action} needs. */
export interface ActionProps {
  /** What it does: a verb. */
  label: string
  icon?: LucideIcon
  /** What it is done to, for screen readers that meet many buttons of one name. */
  of?: string
  /** Asked before it is done. Left out: it is done at once. */
  ask?: Omit<Question, 'yes'> & { yes?: string }
  disabled?: boolean
  kind?: 'plain' | 'quiet' | 'primary'
  /** Does it. @returns what to tell when it is done */
  run(): Promise<string | void>
}

/** A button that does something on the server. */
export function Action({ label, icon: Icon, of, ask, disabled, kind = 'plain', run }: ActionProps) {
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const doIt = async () => {
    setBusy(true)
    try {
      const told = await run()
      if (told) toast.success(told)
      refresh()
    } catch (error) {
      fail(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <button
        type="button"
        className={controls[kind]}
        disabled={disabled || busy}
        aria-label={of ? `${label}: ${of}` : undefined}
        onClick={() => (ask ? setAsking(true) : void doIt())}
      >
        {Icon && <Icon size={16} aria-hidden />}
        {label}
      </button>
      {ask && asking && <Ask yes={label} {...ask} run={run} onClose={() => setAsking(false)} />}
    </>
  )
}

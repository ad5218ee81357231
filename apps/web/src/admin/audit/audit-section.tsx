import { Download } from 'lucide-react'
import { useSearchParams } from 'wouter'
import { basePath } from '../../app/address.js'
import { adminWords } from '../../messages/admin-words.js'
import controls from '../../theme/controls.module.css'
import { ActionTable } from '../parts/action-table.js'
import { Loaded } from '../parts/loaded.js'
import { More, usePages } from '../parts/pages.js'
import { Panel } from '../parts/panel.js'
import parts from '../parts/parts.module.css'
import { TextFilter } from '../parts/text-filter.js'
import { admin } from '../server/queries.js'

const { audit: words } = adminWords
const isId = (text: string) => /^[a-z]{3}_[0-9a-z]{16}$/.test(text)
/** Filters that come from a link. */
const chips = ['key', 'owner', 'action'] as const

/** What operators have done, newest first. */
export default function AuditSection() {
  const [params, setParams] = useSearchParams()
  const typed = params.get('target') ?? ''
  const filter = {
    ...(isId(typed) && { target: typed }),
    ...Object.fromEntries(chips.flatMap((name) => (params.get(name) ? [[name, params.get(name)!]] : []))),
  }
  const change = (name: string, value: string) => {
    const { [name]: _old, ...others } = Object.fromEntries(params)
    setParams(value ? { ...others, [name]: value } : others, { replace: true })
  }
  const pages = usePages(['actions', filter], (page) => admin.actions(filter, page))
  return (
    <Panel
      title={words.title}
      note={words.note}
      flush
      actions={(['csv', 'ndjson'] as const).map((format) => (
        <a
          key={format}
          className={controls.plain}
          href={`${basePath}/v1/admin/actions/export?${new URLSearchParams({ format, ...filter })}`}
          download
        >
          <Download size={16} aria-hidden /> {words.exports[format]}
        </a>
      ))}
    >
      <search className={parts.filters}>
        <TextFilter label={words.target} value={typed} onChange={(text) => change('target', text.trim())} />
        {chips.map(
          (name) =>
            params.get(name) && (
              <button key={name} type="button" className={controls.chip} onClick={() => change(name, '')}>
                {words.by[name]}: <code className={parts.code}>{params.get(name)}</code> ✕
                <span className="hidden">{adminWords.queue.without}</span>
              </button>
            ),
        )}
        {typed && !isId(typed) && <p className={parts.small}>{words.notAnId}</p>}
      </search>
      <Loaded query={pages}>
        {(rows) =>
          rows.length ? (
            <ActionTable label={words.title} rows={rows} />
          ) : (
            <p className={parts.empty}>{params.size ? words.noneMatch : words.none}</p>
          )
        }
      </Loaded>
      <More pages={pages} />
    </Panel>
  )
}

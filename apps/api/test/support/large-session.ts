import type { TestApi } from './test-api.js'

/** How the turns of a large session hang together. */
export type Shape = 'chain' | 'star' | 'comb' | 'roots'

/** A session to build; texts are what each turn carries. */
export interface LargeSession {
  shape: Shape
  turns: number
  generationsPerTurn?: number
  instruction?: string
  negativePrompt?: string
  /** Whether the turns use and make images. */
  images?: boolean
}

/** The parent of turn `n`, counted from 1, as SQL. A comb is a chain with a turn beside each of its turns. */
const parents: Record<Shape, string> = {
  chain: 'CASE WHEN n > 1 THEN n - 1 END',
  star: 'CASE WHEN n > 1 THEN 1 END',
  comb: 'CASE WHEN n > 2 THEN n - 1 - n % 2 WHEN n = 2 THEN 1 END',
  roots: 'NULL::int',
}

let built = 0

/**
 * Writes a session straight into the tables, because creating thousands of turns through the API takes minutes. Each turn
 * has its events; each generation has succeeded, saw six units and made one image without files.
 *
 * @returns the session's id, and what gives the id of its n-th turn
 */
export async function buildLargeSession(
  api: TestApi,
  { shape, turns, generationsPerTurn = 1, images = true, ...texts }: LargeSession,
): Promise<{ id: string; turnId(n: number): string }> {
  const { instruction = 'make the circle a little larger and move it to the left', negativePrompt = '' } = texts
  const id = await api.session()
  const mark = String(++built).padStart(4, '0')
  const turnSql = (n: string) => `'trn_${mark}' || lpad((${n})::text, 12, '0')`
  const genSql = (n: string, g: string) => `'gen_${mark}' || lpad((${n})::text, 8, '0') || lpad((${g})::text, 4, '0')`
  const imgSql = (n: string, g: string) => `replace(${genSql(n, g)}, 'gen_', 'img_')`
  const { ownerId } = api.anna
  const seq = `(n - 1) * 3 + 1`
  const parameters = JSON.stringify({
    width: 64,
    height: 64,
    steps: 20,
    guidanceScale: 4.5,
    guidanceRescale: 0.5,
    sampler: 'ddim',
    guidanceInterval: null,
    speed: 'exact',
    negativePrompt,
    keepUnmasked: false,
  })
  await api.sql(
    `INSERT INTO turns (id, session_id, owner_id, seq, parent_turn_id, instruction, history, created_at)
     SELECT ${turnSql('n')}, $1, $2, ${seq}, ${turnSql(parents[shape])}, $3, '{"mode": "lineage"}',
       now() - (${turns} - n) * interval '1 second'
     FROM generate_series(1, ${turns}) AS n`,
    [id, ownerId, instruction],
  )
  await api.sql(
    `INSERT INTO generations (id, turn_id, session_id, owner_id, status, attempt, step, seed, model, parameters, lcu,
       device, created_at, queued_at, started_at, finished_at)
     SELECT ${genSql('n', 'g')}, ${turnSql('n')}, $1, $2, 'succeeded', 1, 20, n, 'ace-test', $3::jsonb,
       (SELECT jsonb_agg(jsonb_build_object('turnId', ${turnSql('greatest(1, n - u)')}, 'instruction', $4::text,
         'images', '[]'::jsonb) ORDER BY u DESC) FROM generate_series(0, 5) AS u),
       'cpu', t + g * interval '1 ms', t, t, t
     FROM generate_series(1, ${turns}) AS n, generate_series(1, ${generationsPerTurn}) AS g,
       LATERAL (SELECT now() - (${turns} - n) * interval '1 second') AS times(t)`,
    [id, ownerId, parameters, instruction],
  )
  if (images) {
    await api.sql(
      `INSERT INTO images (id, owner_id, kind, width, height, content_type, bytes, sha256, object_key, thumbnail_key,
         generation_id, index)
       SELECT ${imgSql('n', 'g')}, $1, 'generated', 64, 64, 'image/png', 1, ${imgSql('n', 'g')},
         'generations/' || ${genSql('n', 'g')} || '/0.png', 'generations/' || ${genSql('n', 'g')} || '/0.thumb.webp',
         ${genSql('n', 'g')}, 0
       FROM generate_series(1, ${turns}) AS n, generate_series(1, ${generationsPerTurn}) AS g`,
      [ownerId],
    )
    await api.sql(
      `INSERT INTO turn_images (turn_id, position, image_id, mask_mode)
       SELECT ${turnSql('n')}, 0, ${imgSql('1', '1')}, 'keep' FROM generate_series(2, ${turns}) AS n`,
    )
  }
  await api.sql(
    `INSERT INTO events (session_id, seq, type, payload)
     SELECT $1, ${seq} + k, CASE k WHEN 0 THEN 'turn-created' WHEN 1 THEN 'generation-started' ELSE 'generation-failed' END,
       jsonb_build_object('sessionId', $1::text, 'turnId', ${turnSql('n')}, 'generationId', ${genSql('n', '1')})
       || CASE k WHEN 0 THEN jsonb_build_object('turn', jsonb_build_object('instruction', $2::text),
            'generations', '[]'::jsonb)
          WHEN 1 THEN '{"attempt": 1, "steps": 20}' ELSE '{"error": {"code": "model_failed", "message": "x"}}' END
     FROM generate_series(1, ${turns}) AS n, generate_series(0, 2) AS k`,
    [id, instruction],
  )
  await api.sql(`UPDATE sessions SET last_seq = $2, active_turn_id = ${turnSql(String(turns))} WHERE id = $1`, [
    id,
    turns * 3,
  ])
  // a small one changes no statistics, and those of large ones take a second or more
  if (turns >= 1000) await api.sql('ANALYZE')
  return { id, turnId: (n) => `trn_${mark}${String(n).padStart(12, '0')}` }
}

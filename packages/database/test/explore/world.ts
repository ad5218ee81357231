import type { Fixture } from '../support.js'

/** The rows of one generation, as they stand between two transactions. */
export interface Rows {
  generation: {
    id: string
    status: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'
    attempt: number
    step: number
    lost_attempts: number
    failed_attempts: number
    failed_by: string[]
    worker_id: string | null
    cancel_requested_at: string | null
    finished_at: string | null
    error: { code: string } | null
  }
  lastSeq: number
  events: { seq: number; type: string }[]
  images: object[]
}

/** Reads and puts back the rows of one generation, so that every move can be tried from every state. */
export interface World {
  read(): Promise<Rows>
  /** Past the triggers: the rows were written by the product, only elsewhere in the search. */
  write(rows: Rows): Promise<void>
}

/** One round trip that puts the rows back. */
const putSql = `CREATE OR REPLACE FUNCTION pg_temp.put(generation jsonb, last_seq int, events jsonb, images jsonb) RETURNS void
  LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    DELETE FROM images i WHERE i.generation_id = generation->>'id';
    DELETE FROM events e WHERE e.session_id = generation->>'session_id';
    DELETE FROM generations g WHERE g.id = generation->>'id';
    UPDATE sessions s SET last_seq = put.last_seq WHERE s.id = generation->>'session_id';
    INSERT INTO generations SELECT * FROM jsonb_populate_record(null::generations, generation);
    INSERT INTO events SELECT * FROM jsonb_populate_recordset(null::events, put.events);
    INSERT INTO images SELECT * FROM jsonb_populate_recordset(null::images, put.images);
  END $$`

/** The world of a generation. */
export async function openWorld(fixture: Fixture, generationId: string): Promise<World> {
  await fixture.sql(putSql)
  /** What stands there now, to save the way. */
  let there: string | undefined
  return {
    read: async () => {
      const [row] = await fixture.sql<Rows>(
        `SELECT to_jsonb(g) AS generation, s.last_seq AS "lastSeq",
           (SELECT jsonb_agg(to_jsonb(e) ORDER BY seq) FROM events e WHERE session_id = s.id) AS events,
           COALESCE((SELECT jsonb_agg(to_jsonb(i) ORDER BY index) FROM images i WHERE generation_id = g.id), '[]') AS images
         FROM generations g JOIN sessions s ON s.id = g.session_id WHERE g.id = $1`,
        [generationId],
      )
      if (!row) throw new Error('the generation is gone')
      there = JSON.stringify(row)
      return row
    },
    write: async (rows) => {
      if (JSON.stringify(rows) === there) return
      const { generation, lastSeq, events, images } = rows
      await fixture.sql('SELECT pg_temp.put($1, $2, $3, $4)', [
        JSON.stringify(generation),
        lastSeq,
        JSON.stringify(events),
        JSON.stringify(images),
      ])
      there = undefined
    },
  }
}

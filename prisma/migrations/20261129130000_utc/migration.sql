-- Earlier versions read times in the zone of the database session and took them for UTC. The columns hold the right
-- instants. The event log holds copies of what was read, as text: they are written again from the columns. On a server
-- whose zone is UTC nothing changes.

CREATE FUNCTION pg_temp.iso(instant timestamptz) RETURNS jsonb LANGUAGE sql AS $$
  SELECT to_jsonb(to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
$$;

CREATE FUNCTION pg_temp.with_image_times(list jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT COALESCE(jsonb_agg(
    CASE WHEN i.id IS NULL THEN item ELSE item || jsonb_build_object('createdAt', pg_temp.iso(i.created_at)) END
    ORDER BY position), '[]')
  FROM jsonb_array_elements(list) WITH ORDINALITY AS given(item, position)
  LEFT JOIN images i ON i.id = item->>'id'
$$;

CREATE FUNCTION pg_temp.with_generation_times(list jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT COALESCE(jsonb_agg(
    CASE WHEN g.id IS NULL THEN item ELSE item || jsonb_strip_nulls(jsonb_build_object(
      'createdAt', pg_temp.iso(g.created_at),
      'startedAt', CASE WHEN item->>'startedAt' IS NOT NULL THEN pg_temp.iso(g.started_at) END,
      'finishedAt', CASE WHEN item->>'finishedAt' IS NOT NULL THEN pg_temp.iso(g.finished_at) END
    )) || jsonb_build_object('images', pg_temp.with_image_times(item->'images')) END
    ORDER BY position), '[]')
  FROM jsonb_array_elements(list) WITH ORDINALITY AS given(item, position)
  LEFT JOIN generations g ON g.id = item->>'id'
$$;

UPDATE events e
SET payload = e.payload || jsonb_build_object(
  'turn', (e.payload->'turn') || jsonb_build_object('createdAt', pg_temp.iso(t.created_at)),
  'generations', pg_temp.with_generation_times(e.payload->'generations'))
FROM turns t
WHERE e.type = 'turn-created' AND t.id = e.payload->>'turnId'
  AND e.payload#>'{turn,createdAt}' IS DISTINCT FROM pg_temp.iso(t.created_at);

UPDATE events e
SET payload = e.payload || jsonb_build_object('images', pg_temp.with_image_times(e.payload->'images'))
FROM images i
WHERE e.type = 'generation-succeeded' AND i.id = e.payload#>>'{images,0,id}'
  AND e.payload#>'{images,0,createdAt}' IS DISTINCT FROM pg_temp.iso(i.created_at);

-- A turn with condition images takes its size from the first of them; earlier versions kept the size that was asked for.
UPDATE generations g
SET parameters = g.parameters || jsonb_build_object('width', i.width, 'height', i.height)
FROM images i
WHERE i.generation_id = g.id
  AND (g.parameters->'width' <> to_jsonb(i.width) OR g.parameters->'height' <> to_jsonb(i.height));

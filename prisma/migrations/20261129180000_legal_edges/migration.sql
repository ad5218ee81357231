-- The edges that a generation may go along, whoever writes. The code keeps to them by itself; a mistake in it fails here
-- instead of giving a picture twice or losing one. Rows of before are not looked at until they change.
CREATE FUNCTION "check_generation_edge"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ended CONSTANT generation_status[] := '{succeeded,failed,cancelled}';
  legal boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    -- a new one waits, an imported one has ended
    legal := NEW.status <> 'running';
  ELSIF OLD.status = ANY(ended) THEN
    -- the end is for good
    legal := (NEW.status, NEW.attempt, NEW.finished_at, NEW.cancel_requested_at)
      IS NOT DISTINCT FROM (OLD.status, OLD.attempt, OLD.finished_at, OLD.cancel_requested_at);
  ELSIF NEW.status = 'running' AND (OLD.status = 'queued' OR NEW.attempt <> OLD.attempt) THEN
    -- started, or started again after its worker was lost
    legal := NEW.attempt = OLD.attempt + 1 AND NEW.worker_id IS NOT NULL AND NEW.cancel_requested_at IS NULL;
  ELSIF NEW.status = 'queued' AND OLD.status = 'running' THEN
    -- given back
    legal := NEW.attempt = OLD.attempt AND NEW.worker_id IS NULL AND NEW.cancel_requested_at IS NULL;
  ELSIF NEW.status = ANY(ended) THEN
    legal := NEW.attempt = OLD.attempt AND NEW.finished_at IS NOT NULL
      AND (NEW.status = 'failed') = (NEW.error IS NOT NULL)
      AND (NEW.status = 'cancelled' OR OLD.status = 'running')
      AND (NEW.status <> 'succeeded' OR NEW.cancel_requested_at IS NULL);
  ELSE
    -- neither started nor ended: a wish to cancel is kept
    legal := NEW.attempt = OLD.attempt AND NEW.finished_at IS NULL
      AND (OLD.cancel_requested_at IS NULL OR NEW.cancel_requested_at IS NOT NULL);
  END IF;
  IF NOT legal THEN
    RAISE EXCEPTION 'Generation % cannot go from % (attempt %) to % (attempt %).',
      NEW.id, CASE TG_OP WHEN 'INSERT' THEN 'nothing' ELSE OLD.status::text END,
      CASE TG_OP WHEN 'INSERT' THEN 0 ELSE OLD.attempt END, NEW.status, NEW.attempt
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

-- Not for `step` and `heartbeat_at`, which change after every step.
CREATE TRIGGER "generations_edge" BEFORE INSERT OR UPDATE OF "status", "attempt", "finished_at", "cancel_requested_at"
  ON "generations" FOR EACH ROW EXECUTE FUNCTION "check_generation_edge"();

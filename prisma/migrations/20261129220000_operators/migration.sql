-- What operators see and decide of workers, of the running order, of owners and of sessions. Only additions: older workers and
-- API processes run on beside it.

-- Workers: what they tell of themselves, and what is wanted of them.
ALTER TABLE "workers" ADD COLUMN "version" TEXT,
ADD COLUMN "memory_bytes" BIGINT,
ADD COLUMN "state_since" TIMESTAMPTZ(3),
ADD COLUMN "drain" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN "restarts" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "restarted" INTEGER NOT NULL DEFAULT 0;

CREATE FUNCTION "note_worker_state"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' OR NEW.state <> OLD.state THEN NEW.state_since := NEW.last_seen_at; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "workers_state" BEFORE INSERT OR UPDATE ON "workers"
  FOR EACH ROW EXECUTE FUNCTION "note_worker_state"();

-- The running order: what is left out of it.
ALTER TABLE "generations" ADD COLUMN "parked_at" TIMESTAMPTZ(3),
ADD COLUMN "retry_of" TEXT;
ALTER TABLE "generations" ADD CONSTRAINT "generations_retry_of_fkey"
  FOREIGN KEY ("retry_of") REFERENCES "generations"("id") ON DELETE SET NULL ON UPDATE CASCADE;
CREATE INDEX "generations_retry_of_idx" ON "generations"("retry_of");
CREATE INDEX "generations_status_parked_at_queue_tag_created_at_id_kind_idx"
  ON "generations"("status", "parked_at", "queue_tag", "created_at", "id", "kind");

CREATE TABLE "paused_models" (
    "model" TEXT NOT NULL,
    "paused_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "paused_models_pkey" PRIMARY KEY ("model")
);

-- Each start of a generation and how it ended. By trigger, so that those of older workers are in it, too.
CREATE TABLE "generation_attempts" (
    "generation_id" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "worker_id" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "outcome" TEXT NOT NULL DEFAULT 'running',
    "error" JSONB,
    CONSTRAINT "generation_attempts_pkey" PRIMARY KEY ("generation_id", "attempt")
);
ALTER TABLE "generation_attempts" ADD CONSTRAINT "generation_attempts_generation_id_fkey"
  FOREIGN KEY ("generation_id") REFERENCES "generations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE FUNCTION "record_generation_attempt"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status = 'running' THEN
    UPDATE generation_attempts SET ended_at = clock_timestamp(), error = NEW.error,
      outcome = CASE
        WHEN NEW.status = 'running' OR NEW.error->>'code' = 'worker_lost' THEN 'lost'
        WHEN NEW.status <> 'queued' THEN NEW.status::text
        WHEN NEW.lost_attempts > OLD.lost_attempts THEN 'lost'
        WHEN NEW.failed_attempts > OLD.failed_attempts THEN 'elsewhere'
        ELSE 'released' END
    WHERE generation_id = NEW.id AND attempt = OLD.attempt;
  END IF;
  IF NEW.status = 'running' THEN
    INSERT INTO generation_attempts (generation_id, attempt, worker_id, started_at)
    VALUES (NEW.id, NEW.attempt, NEW.worker_id, coalesce(NEW.started_at, clock_timestamp()))
    -- what is only told must never stand in the way of work
    ON CONFLICT (generation_id, attempt) DO UPDATE
    SET worker_id = excluded.worker_id, started_at = excluded.started_at, ended_at = NULL, outcome = 'running', error = NULL;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "generations_attempt" AFTER UPDATE OF "status", "attempt" ON "generations" FOR EACH ROW
  WHEN (OLD.status <> NEW.status OR OLD.attempt <> NEW.attempt) EXECUTE FUNCTION "record_generation_attempt"();

-- Owners: limits that differ from the settings. Sessions: on hold.
ALTER TABLE "owners" ADD COLUMN "limits" JSONB;
ALTER TABLE "sessions" ADD COLUMN "held_at" TIMESTAMPTZ(3),
ADD COLUMN "hold_reason" TEXT;
CREATE INDEX "sessions_held_at_idx" ON "sessions"("held_at");
CREATE INDEX "sessions_created_at_id_idx" ON "sessions"("created_at", "id");
CREATE INDEX "owners_created_at_id_idx" ON "owners"("created_at", "id");
CREATE INDEX "webhooks_created_at_id_idx" ON "webhooks"("created_at", "id");
CREATE INDEX "admin_actions_target_created_at_id_idx" ON "admin_actions"("target", "created_at", "id");

-- Those who watch are told what changed, by whichever process.
CREATE FUNCTION "notify_operators"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('atelier_operators', TG_ARGV[0]);
  RETURN NULL;
END $$;
CREATE TRIGGER "workers_listed" AFTER INSERT OR DELETE ON "workers"
  FOR EACH ROW EXECUTE FUNCTION "notify_operators"('workers');
-- a heartbeat alone is no news
CREATE TRIGGER "workers_changed" AFTER UPDATE ON "workers" FOR EACH ROW
  WHEN (to_jsonb(OLD) - '{last_seen_at,memory_bytes}'::text[] <> to_jsonb(NEW) - '{last_seen_at,memory_bytes}'::text[])
  EXECUTE FUNCTION "notify_operators"('workers');
CREATE TRIGGER "admin_actions_ended" AFTER UPDATE ON "admin_actions"
  FOR EACH ROW EXECUTE FUNCTION "notify_operators"('action');

-- What has ended, counted in small rows, so that charts and metrics need not read every generation.
CREATE TABLE "generation_stats" (
    "period" TIMESTAMPTZ(3) NOT NULL,
    "model" TEXT NOT NULL,
    "status" "generation_status" NOT NULL,
    "code" TEXT NOT NULL DEFAULT '',
    "wait_range" INTEGER NOT NULL,
    "run_range" INTEGER NOT NULL,
    "count" INTEGER NOT NULL,
    "wait_seconds" DOUBLE PRECISION NOT NULL,
    "run_seconds" DOUBLE PRECISION NOT NULL,
    CONSTRAINT "generation_stats_pkey" PRIMARY KEY ("period", "model", "status", "code", "wait_range", "run_range")
);

-- What has ended until now, by its hour.
INSERT INTO "generation_stats"
SELECT date_trunc('hour', "finished_at"), "model", "status", coalesce("error"->>'code', ''),
  coalesce(width_bucket("wait", "bounds"), -1), coalesce(width_bucket("run", "bounds"), -1),
  count(*), coalesce(sum("wait"), 0), coalesce(sum("run"), 0)
FROM (
  SELECT *, extract(epoch FROM "started_at" - "queued_at")::float8 AS "wait",
    extract(epoch FROM "finished_at" - "started_at")::float8 AS "run",
    ARRAY[0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800]::float8[] AS "bounds"
  FROM "generations" WHERE "finished_at" IS NOT NULL
) AS "timed"
GROUP BY 1, 2, 3, 4, 5, 6;

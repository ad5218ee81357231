-- What was made until now was made by DDIM, guided at every step.
UPDATE "generations" SET "parameters" = '{"sampler": "ddim", "guidanceInterval": null}' || "parameters";
UPDATE "events" SET "payload" = jsonb_set("payload", '{generations}', (
  SELECT coalesce(jsonb_agg(g || jsonb_build_object('parameters',
    '{"sampler": "ddim", "guidanceInterval": null}' || (g->'parameters'))), '[]')
  FROM jsonb_array_elements("payload"->'generations') g))
WHERE "type" = 'turn-created';

-- AlterTable
ALTER TABLE "workers" ADD COLUMN "device_fallback" TEXT,
ADD COLUMN "device_requested" TEXT NOT NULL DEFAULT 'auto',
ADD COLUMN "loading" JSONB;

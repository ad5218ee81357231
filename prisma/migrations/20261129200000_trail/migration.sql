-- Which request asked for a generation, and in which trace: the worker goes on with them, also after a retry.
ALTER TABLE "generations" ADD COLUMN "request_id" TEXT, ADD COLUMN "trace_parent" TEXT;

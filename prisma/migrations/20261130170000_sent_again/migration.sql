-- When an upload was last sent that was there already: it is as young as that.
ALTER TABLE "images" ADD COLUMN "sent_at" TIMESTAMPTZ(3);

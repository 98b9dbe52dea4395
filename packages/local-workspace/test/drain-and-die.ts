import { Engine } from "../src/store/engine.ts";
import { Ingest } from "../src/store/ingest.ts";
import { JournalDrain } from "../src/store/journal/drain.ts";
import { layoutOf } from "../src/store/layout.ts";

// Drains a workspace and dies at the moment when the first segment would be removed.
const engine = await Engine.open(layoutOf(process.argv[2]), { readOnly: false });
const drain = new JournalDrain(engine, new Ingest(engine), {
  removeFile: async () => {
    process.kill(process.pid, "SIGKILL");
    await new Promise(() => undefined);
  },
});
await drain.run();

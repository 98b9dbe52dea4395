import { setTimeout as pause } from "node:timers/promises";
import { startApp, temporaryDirectory } from "./processes.mjs";

const megabyte = 1024 * 1024;

const figuresOf = (app, sink) => ({
  deliveredPercent: app.spans === 0 ? undefined : (sink.unique / app.spans) * 100,
  offeredPerSecond: (app.spans / app.offeredMillis) * 1000,
  endToEndPerSecond: (sink.unique / app.elapsedMillis) * 1000,
  elapsedSeconds: app.elapsedMillis / 1000,
  rssPeakMegabytes: app.rssPeakBytes / megabyte,
  cpuMicrosPerSpan: app.spans === 0 ? undefined : app.cpuMicros / app.spans,
  wireBytesPerSpan: sink.unique === 0 ? undefined : sink.acceptedBytes / sink.unique,
  loopP50Millis: app.loopP50Millis,
  loopP99Millis: app.loopP99Millis,
  loopMaxMillis: app.loopMaxMillis,
  chatsAnswered: app.chats,
  chatP99Millis: app.chatP99Millis,
  endP50Millis: app.endP50Millis,
  endP99Millis: app.endP99Millis,
  endMaxMillis: app.endMaxMillis,
  requests: sink.requests,
  traceInfos: sink.infos,
  duplicates: sink.duplicates,
  cut: sink.cut,
  damaged: sink.damaged + sink.foreign,
});

/** One run of one contestant that ends by itself; `faults` are `[afterMillis, fault]`, counted from its first span. */
export const measure = async ({
  sink,
  contestant,
  task,
  faults = [],
  durability,
  nodeArguments,
  environmentFolder,
}) => {
  const directory = temporaryDirectory();
  const timers = [];
  const onLine = ({ event }) => {
    if (event !== "started") return;
    for (const [afterMillis, fault] of faults)
      timers.push(setTimeout(() => void sink.ask("fault", fault), afterMillis));
  };
  try {
    await sink.ask("fault", { kind: "none" });
    await sink.ask("reset");
    const app = startApp(
      { contestant, endpoint: sink.endpoint, environmentFolder, ...task },
      { directory: directory.path, durability, onLine, nodeArguments },
    );
    const { figures, code, signal, lastWords } = await app.finished;
    for (const timer of timers) clearTimeout(timer);
    if (figures === undefined) throw new Error(`${contestant} ended with ${signal ?? code}: ${lastWords}`);
    const arrived = await sink.ask("summary", { extraBytes: task.extraBytes });
    return { ...figuresOf(figures, arrived), answers: arrived.answers, stats: figures.stats, stderr: lastWords };
  } finally {
    directory.remove();
  }
};

const toldBefore = (told, millis) => told.findLast((line) => line.millis <= millis)?.number ?? 0;

/**
 * One run that ends with SIGKILL, and a second application on the same disk that may deliver what is left.
 *
 * `isDown`: the destination refuses connections until the first application is dead.
 */
export const measureKill = async ({
  sink,
  contestant,
  durability,
  isDown,
  environmentFolder,
  rate,
  patienceSeconds,
}) => {
  const directory = temporaryDirectory();
  const told = [];
  const settings = { directory: directory.path, durability };
  const task = { contestant, endpoint: sink.endpoint, environmentFolder };
  try {
    await sink.ask("fault", { kind: isDown ? "refuse" : "none" });
    await sink.ask("reset");
    const app = startApp(
      { ...task, workload: "paced", rate, seconds: 60, tells: true },
      { ...settings, onLine: (line) => void (line.event === "at" && told.push(line)) },
    );
    while ((told.at(-1)?.millis ?? 0) < 5_000) await pause(20 + Math.random() * 20);
    app.kill("SIGKILL");
    await app.finished;
    await sink.ask("fault", { kind: "none" });
    const { number, millis } = told.at(-1);
    const due = toldBefore(told, millis - 100);
    const successor = startApp({ ...task, workload: "resume", seconds: patienceSeconds }, settings);
    const life = { isOver: false };
    void successor.finished.then(() => (life.isOver = true));
    let ids = [];
    do {
      await pause(500);
      ids = await sink.ask("ids");
    } while (!life.isOver && ids.filter((id) => id < number).length < number);
    successor.kill("SIGTERM");
    await successor.finished;
    ids = await sink.ask("ids");
    const share = (below) => (ids.filter((id) => id < below).length / below) * 100;
    return { deliveredPercent: share(number), deliveredOlderThan100MillisPercent: share(due), spansAtDeath: number };
  } finally {
    directory.remove();
  }
};

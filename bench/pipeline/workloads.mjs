import { get } from "node:http";
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";

/** All at once, or yielding to the event loop after every so many. */
const burst = async (record, { count, yieldEvery = 0 }) => {
  for (let number = 0; number < count; number++) {
    record(number);
    if (yieldEvery > 0 && number % yieldEvery === yieldEvery - 1) await nextTurn();
  }
  return { spans: count };
};

/** So many a second, in steps of 10 ms; what a step missed is made up for. With `tells`, each step says how far it is. */
const paced = async (record, { rate, seconds, tells = false, say, from = 0 }) => {
  const startedAt = performance.now();
  let number = from;
  for (;;) {
    const passedMillis = performance.now() - startedAt;
    const due = from + Math.floor((Math.min(passedMillis, seconds * 1000) * rate) / 1000);
    while (number < due) record(number++);
    if (tells) say({ event: "at", number, millis: passedMillis });
    if (passedMillis >= seconds * 1000) break;
    await pause(10);
  }
  return { spans: number - from };
};

/** One chat: a streamed answer that is read to its end, piece by piece. */
const chat = (chatUrl) =>
  new Promise((resolve, reject) => {
    get(chatUrl, (response) => {
      let characters = 0;
      response.setEncoding("utf8");
      response.on("data", (text) => {
        for (const line of text.split("\n\n")) {
          if (line.startsWith("data: {")) characters += JSON.parse(line.slice(6)).choices[0].delta.content.length;
        }
      });
      response.on("end", () => resolve(characters));
      response.on("error", reject);
    }).on("error", reject);
  });

/** So many chats at a time, each of which leaves a trace of eight spans. */
const chats = async (record, { concurrency, seconds, chatUrl }) => {
  const until = performance.now() + seconds * 1000;
  let number = 0;
  let answered = 0;
  const latencies = [];
  const talk = async () => {
    while (performance.now() < until) {
      const startedAt = performance.now();
      await chat(chatUrl);
      for (let span = 0; span < 8; span++) record(number++);
      latencies.push(performance.now() - startedAt);
      answered++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, talk));
  latencies.sort((a, b) => a - b);
  return { spans: number, chats: answered, chatP99Millis: latencies[Math.floor(latencies.length * 0.99)] };
};

/** Spans with large payloads at even intervals; `end()` of each is timed. */
const bigEnds = async (record, { count, intervalMillis }) => {
  for (let number = 0; number < count; number++) {
    record(number);
    await pause(intervalMillis);
  }
  return { spans: count };
};

/** Records nothing: an application that was restarted, and delivers what its predecessor left. */
const resume = async (_record, { seconds, traced }) => {
  const until = performance.now() + seconds * 1000;
  const waits = () => {
    const { queued = 0, spooled = 0 } = traced.stats() ?? {};
    return queued + spooled > 0;
  };
  // The first second shows whether there is anything to take over.
  do await pause(100);
  while (performance.now() < until && (performance.now() < until - (seconds - 1) * 1000 || waits()));
  return { spans: 0 };
};

export const workloads = { burst, paced, chats, bigEnds, resume };

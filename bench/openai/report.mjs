/** Turns rounds of figures into medians and extremes, and those into tables. */

const median = (values) => {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const spread = (values) => ({ median: median(values), lowest: Math.min(...values), highest: Math.max(...values) });

/** The figure of a measurement that counts. */
const keyOf = {
  calls: "cpuMicros",
  delivered: "cpuMicros",
  chunks: "cpuMicros",
  ready: "readyMillis",
  memory: "keptBytes",
};

/** What each contestant costs, and what that is beside the client alone in the same round. */
export const summarize = (measurement, rounds) => {
  const key = keyOf[measurement];
  const names = Object.keys(rounds[0]);
  return Object.fromEntries(
    names.map((name) => {
      const own = rounds.map((round) => round[name][key]);
      const summary = { ...spread(own), spans: rounds.at(-1)[name].spans };
      // Where one process made both, in turns, its own comparison counts.
      const isPaired = rounds[0][name].addedMicros !== undefined;
      if (!isPaired && (name === "plain" || rounds[0].plain === undefined)) return [name, summary];
      const added = rounds.map((round) => (isPaired ? round[name].addedMicros : round[name][key] - round.plain[key]));
      const ratio = median(
        rounds.map((round) => round[name][key] / (isPaired ? round[name].plainMicros : round.plain[key])),
      );
      return [name, { ...summary, added: spread(added), ratio }];
    }),
  );
};

const fixed = (digits) => (value) => value.toFixed(digits);
const kilobytes = (value) => (value / 1024).toFixed(0);

const tables = {
  calls: { title: "CPU of a call that is not streamed, 32 at a time, spans dropped", unit: "µs", show: fixed(0) },
  delivered: { title: "CPU of a call that is not streamed, 32 at a time, spans delivered", unit: "µs", show: fixed(0) },
  chunks: { title: "CPU of a streamed chunk", unit: "µs", show: fixed(2) },
  ready: {
    title: "From the start of the process to a client that is set up, and spans that have somewhere to go",
    unit: "ms",
    show: fixed(0),
  },
  memory: { title: "Heap kept after 10,000 streams", unit: "KiB", show: kilobytes },
};

const renderTable = (measurement, { load, rounds, contestants }, titles) => {
  const { title, unit, show } = tables[measurement];
  const cell = ({ median: middle, lowest, highest }) => `${show(middle)} (${show(lowest)} … ${show(highest)})`;
  const rows = Object.entries(contestants).map(([name, summary]) => {
    const { added, ratio } = summary;
    const beside =
      added === undefined ? "– | –" : `${cell(added)} | ${measurement === "memory" ? "–" : ratio.toFixed(2)}`;
    return `| ${titles[name]} | ${cell(summary)} | ${beside} |`;
  });
  return `## \`${measurement}\`: ${title}

Median (lowest … highest) of ${rounds} rounds in ${unit}; load of the machine at the start ${load.toFixed(1)}.

| | ${unit} | added to openai alone | ratio |
|---|---|---|---|
${rows.join("\n")}
`;
};

const renderInstalls = ({ contestants }, titles) => {
  const rows = Object.entries(contestants).map(
    ([name, { packages, bytes }]) => `| ${titles[name]} | ${packages} | ${(bytes / 1e6).toFixed(1)} |`,
  );
  return `## \`install\`: What an installation adds to an application with \`openai\`

With what is needed to send spans somewhere; bytes of files, not of disk blocks.

| | packages | MB |
|---|---|---|
${rows.join("\n")}
`;
};

/** All figures as Markdown. */
export const renderReport = ({ machine, figures, titles, notes }) => {
  const { node, processor, cores, platform } = machine;
  const parts = Object.entries(figures).map(([measurement, figure]) =>
    measurement === "install" ? renderInstalls(figure, titles) : renderTable(measurement, figure, titles),
  );
  return `# Recording the openai client

Node.js ${node}, ${platform}, ${cores} × ${processor}. Made by \`node bench/openai/run.mjs\`.

${parts.join("\n")}
${notes}`;
};

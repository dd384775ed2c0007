// Three no-op steps in sequence on DBOS and PostgreSQL, all options as they are by default.
//
// `node main.mjs POSTGRES_URL`. Prints one line for each number of runs in flight: in flight, runs a second, p50 and p99 in
// milliseconds, with tabs between them.
import { setTimeout as sleep } from 'node:timers/promises';
import { DBOS } from '@dbos-inc/dbos-sdk';

const WARM_UP = 2_000;
const MEASURED = 8_000;

const nothing = async (number) => number + 1;

const threeSteps = DBOS.registerWorkflow(
  async (number) => {
    const one = await DBOS.runStep(() => nothing(number), { name: 'one' });
    const two = await DBOS.runStep(() => nothing(one), { name: 'two' });
    return await DBOS.runStep(() => nothing(two), { name: 'three' });
  },
  { name: 'threeSteps' },
);

async function measure(inFlight) {
  const begun = performance.now();
  const latencies = [];
  let over = false;
  const worker = async () => {
    while (!over) {
      const start = performance.now();
      const output = await threeSteps(1);
      if (output !== 4) throw new Error(`a run ended with ${output}`);
      const finished = performance.now();
      if (finished >= begun + WARM_UP && finished < begun + WARM_UP + MEASURED) latencies.push(finished - start);
    }
  };
  const workers = Array.from({ length: inFlight }, worker);
  await sleep(WARM_UP + MEASURED);
  over = true;
  await Promise.all(workers);
  latencies.sort((a, b) => a - b);
  const percentile = (percent) => latencies[Math.floor(((latencies.length - 1) * percent) / 100)].toFixed(2);
  const perSecond = (latencies.length / (MEASURED / 1_000)).toFixed(0);
  console.log([inFlight, perSecond, percentile(50), percentile(99)].join('\t'));
}

DBOS.setConfig({ name: 'peers', systemDatabaseUrl: process.argv[2], logLevel: 'error' });
await DBOS.launch();
for (const inFlight of [1, 16, 256]) await measure(inFlight);
await DBOS.shutdown();

// Keeps runs in flight, and tells how many finish and how long they take: what `load/` is in Rust.
import { setTimeout as sleep } from 'node:timers/promises';

const WARM_UP = 2_000;
const MEASURED = 8_000;

// Measures at each number in flight; `run` makes one run, from its start to its result, which must be 4.
// Prints one line each: in flight, runs a second, p50 and p99 in milliseconds, with tabs between them.
export async function measure(run) {
  for (const inFlight of [1, 16, 256]) {
    const begun = performance.now();
    const latencies = [];
    let over = false;
    const caller = async () => {
      while (!over) {
        const start = performance.now();
        const output = await run();
        if (output !== 4) throw new Error(`a run ended with ${output}`);
        const finished = performance.now();
        if (finished >= begun + WARM_UP && finished < begun + WARM_UP + MEASURED) latencies.push(finished - start);
      }
    };
    const callers = Array.from({ length: inFlight }, caller);
    await sleep(WARM_UP + MEASURED);
    over = true;
    await Promise.all(callers);
    print(inFlight, latencies);
  }
}

function print(inFlight, latencies) {
  if (latencies.length === 0) throw new Error(`with ${inFlight} in flight, no run finished in ${MEASURED} ms`);
  latencies.sort((a, b) => a - b);
  const percentile = (percent) => latencies[Math.floor(((latencies.length - 1) * percent) / 100)].toFixed(2);
  const perSecond = (latencies.length / (MEASURED / 1_000)).toFixed(0);
  console.log([inFlight, perSecond, percentile(50), percentile(99)].join('\t'));
}

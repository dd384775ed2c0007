// Three no-op side effects in sequence: the service that Restate calls, a process of its own.
//
// `node service.mjs PORT`
import * as restate from '@restatedev/restate-sdk';

// The SDK uses this, which Node.js has from version 22.
Promise.withResolvers ??= () => {
  let resolve, reject;
  const promise = new Promise((whenDone, whenFailed) => ([resolve, reject] = [whenDone, whenFailed]));
  return { promise, resolve, reject };
};

const nothing = async (number) => number + 1;

const threeSteps = restate.service({
  name: 'threeSteps',
  handlers: {
    run: async (context, number) => {
      const one = await context.run('one', () => nothing(number));
      const two = await context.run('two', () => nothing(one));
      return await context.run('three', () => nothing(two));
    },
  },
});

await restate.serve({ services: [threeSteps], port: Number(process.argv[2]) });

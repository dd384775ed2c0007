// Three no-op steps in sequence on DBOS and PostgreSQL, all options as they are by default.
//
// `node main.mjs POSTGRES_URL`
import { DBOS } from '@dbos-inc/dbos-sdk';
import { measure } from '../load.mjs';

const nothing = async (number) => number + 1;

const threeSteps = DBOS.registerWorkflow(
  async (number) => {
    const one = await DBOS.runStep(() => nothing(number), { name: 'one' });
    const two = await DBOS.runStep(() => nothing(one), { name: 'two' });
    return await DBOS.runStep(() => nothing(two), { name: 'three' });
  },
  { name: 'threeSteps' },
);

DBOS.setConfig({ name: 'peers', systemDatabaseUrl: process.argv[2], logLevel: 'error' });
await DBOS.launch();
await measure(() => threeSteps(1));
await DBOS.shutdown();

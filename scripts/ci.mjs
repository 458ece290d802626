// `.ci/run`: all checks before a change is merged: those of `npm test`, a further portion of the random and
// enumerated cases with a seed from the commit, and the comparisons with Python packages.
import { commitSeed } from './test/seed.mjs';
import { runSuite } from './test/suite.mjs';

await runSuite({ portion: 'ci', seed: commitSeed(), peers: true });

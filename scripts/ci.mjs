// `.ci/run`: everything that is checked before a change is taken: what `npm test` runs, a further portion of the
// random and enumerated cases that the commit draws, and the comparisons with Python packages.
import { commitSeed } from './test/seed.mjs';
import { runSuite } from './test/suite.mjs';

await runSuite({ portion: 'ci', seed: commitSeed(), peers: true });

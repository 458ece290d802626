// `npm test`: installs what is missing, then runs every check and the quick portion of the tests.
import { runSuite } from './test/suite.mjs';

await runSuite();

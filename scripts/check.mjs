// `npm run check`: format, lint, room rules and types, two at a time.
import { runChecks } from './test/checks.mjs';
import { conclude } from './test/tally.mjs';

const tally = await runChecks();
conclude(tally);

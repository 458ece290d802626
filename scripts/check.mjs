// `npm run check`: format, lint, room rules and types, two at a time.
import { runChecks } from './test/checks.mjs';
import { closingLine } from './test/tally.mjs';

const tally = await runChecks();
console.log(closingLine(tally));
process.exitCode = tally.failed > 0 ? 1 : 0;

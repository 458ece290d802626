// Counts of passed, failed and skipped tests.

/** @typedef {{ passed: number, skipped: number, failures: string[] }} Tally `failures`: each failed test with its reason. */

/** @returns {Tally} */
export const emptyTally = () => ({ passed: 0, skipped: 0, failures: [] });

/** @param {Tally} tally @param {Tally} more */
export function addTo(tally, more) {
  tally.passed += more.passed;
  tally.skipped += more.skipped;
  tally.failures.push(...more.failures);
}

/**
 * Prints the failures and, as the last line, `N passed, N failed, N skipped`; sets the exit status.
 *
 * @param {Tally} tally
 */
export function conclude({ passed, skipped, failures }) {
  for (const failure of failures) console.log(`✗ ${failure}`);
  console.log(`${passed} passed, ${failures.length} failed, ${skipped} skipped`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}

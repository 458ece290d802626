import type { GraphProblem } from '../../document/schema/problem.ts';
import type { ModelEnd } from './activation-checks.ts';

/** A problem of an Output's loss, metrics or targets without a fix. */
export function endProblem(
  code: string,
  { output }: ModelEnd,
  message: string,
  severity: GraphProblem['severity'] = 'error',
): GraphProblem {
  return { code, severity, nodeId: output.id, message, fixes: [] };
}

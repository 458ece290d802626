import type { GraphProblem } from '../../document/schema/problem.ts';
import type { ModelEnd } from './activation-checks.ts';

/** A problem of what an Output is trained for, which nothing in the document puts right by itself. */
export function endProblem(
  code: string,
  { output }: ModelEnd,
  message: string,
  severity: GraphProblem['severity'] = 'error',
): GraphProblem {
  return { code, severity, nodeId: output.id, message, fixes: [] };
}

import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { GraphProblem } from '../../src-shared/document/schema/problem.ts';

/** What every model lacks while it is being begun. */
const NOT_YET: ReadonlySet<string> = new Set(['graph/missing-input', 'graph/no-input', 'graph/no-output']);

/**
 * The next step of a model that is only being begun, so that what it lacks is no fault yet: no layer stands between
 * its ends, or nothing is connected. Null where there is a model that ought to work.
 */
export function nextStepOf(
  { nodes, edges }: Pick<ModelDocument, 'nodes' | 'edges'>,
  errors: readonly Pick<GraphProblem, 'code'>[],
): string | null {
  if (!errors.every(({ code }) => NOT_YET.has(code))) return null;
  if (nodes.length === 0) return 'Begin with a template, a line or a layer';
  if (nodes.every(({ kind }) => kind === 'Input' || kind === 'Output')) return 'Add layers between Input and Output';
  return edges.length === 0 ? 'Connect the layers from Input to Output' : null;
}

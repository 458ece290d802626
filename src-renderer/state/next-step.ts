import { isInput, isOutput } from '../../src-shared/document/schema/ends.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { GraphProblem } from '../../src-shared/document/schema/problem.ts';

/** Errors that every model has until its first layers are connected. */
const NOT_YET: ReadonlySet<string> = new Set(['graph/missing-input', 'graph/no-input', 'graph/no-output']);

/**
 * The next step of a model that has just been started: its errors are steps still to do, not mistakes.
 *
 * @returns Null if the model is complete enough that its errors are mistakes.
 */
export function nextStepOf(
  { nodes, edges }: Pick<ModelDocument, 'nodes' | 'edges'>,
  errors: readonly Pick<GraphProblem, 'code'>[],
): string | null {
  if (!errors.every(({ code }) => NOT_YET.has(code))) return null;
  if (nodes.length === 0) return 'Begin with a template, a line or a layer';
  if (nodes.every((node) => isInput(node) || isOutput(node))) return 'Add layers between Input and Output';
  return edges.length === 0 ? 'Connect the layers from Input to Output' : null;
}

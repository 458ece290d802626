import type { ModelDocument } from '../../document/schema/model-document.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import type { ModelAnalysis } from '../../compiler/graph/compiled.ts';
import { namesOf } from '../advice/advised-model.ts';

/**
 * What is to say of frozen layers: a training from the seed leaves them as random as they start.
 * @param hasWeights A run has weights to go on from.
 * @returns Null where no layer with weights is frozen.
 */
export function untrainedFrozen(
  { nodes }: ModelDocument,
  analysis: ModelAnalysis,
  hasWeights = false,
): GraphProblem | null {
  const frozen = nodes.filter(
    (node) =>
      (node.frozen || (node.frozenPaths ?? []).length > 0) && (analysis.nodes.get(node.id)?.parameters ?? 0) > 0,
  );
  const [first, ...more] = frozen;
  if (first === undefined) return null;
  const one = more.length === 0;
  const [are, them, pronoun, keep, start] = one
    ? ['is', 'it', 'it', 'keeps', 'starts']
    : ['are', 'them', 'they', 'keep', 'start'];
  const whole = frozen.every((node) => node.frozen);
  const fix: Fix = whole
    ? {
        label: one ? `Unfreeze '${first.name}'` : `Unfreeze ${frozen.length} layers`,
        action: 'set-frozen',
        params: { nodeIds: frozen.map(({ id }) => id), frozen: false },
      }
    : { label: 'Unfreeze all layers', action: 'unfreeze-all', params: {} };
  return {
    code: 'advice/untrained-frozen',
    severity: 'advice',
    nodeId: one ? first.id : null,
    message: hasWeights
      ? `${namesOf(frozen)} ${are} frozen: a run that “Train” begins ${keep === 'keeps' ? 'leaves it' : 'leaves them'} at the random weights that ${pronoun} ${start} with. Choose “Continue from these weights” of a run that has trained ${them}.`
      : `${namesOf(frozen)} ${are} frozen and no run has trained ${them}, so ${pronoun} ${keep} the random weights that ${pronoun} ${start} with. Train first and freeze then.`,
    fixes: [fix],
  };
}

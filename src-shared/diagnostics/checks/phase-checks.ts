import type { NodeAnalysis } from '../../compiler/graph/compiled.ts';
import type { ModelDocument } from '../../document/schema/model-document.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { freezableFault } from '../../training/commands/freezing.ts';
import type { Phase } from '../../training/configuration/phases.ts';

/** Phases that freeze a layer which the model cannot freeze, or all layers with weights. */
export function phaseProblems(
  document: ModelDocument,
  nodes: ReadonlyMap<string, NodeAnalysis>,
  phases: readonly Phase[] = [],
): GraphProblem[] {
  const weighted = document.nodes.filter(({ id }) => (nodes.get(id)?.parameters ?? 0) > 0).map(({ name }) => name);
  return phases.flatMap(({ frozen }, index) => {
    if (!Array.isArray(frozen)) return [];
    const unknown = frozen.flatMap((layer) => layerProblem(document, layer, index));
    if (unknown.length > 0 || weighted.length === 0 || !weighted.every((name) => frozen.includes(name))) return unknown;
    const message = `Phase ${index + 1} expected a layer that trains; it freezes all layers with weights. Unfreeze a layer in this phase.`;
    return [problem('phase/nothing-trainable', message, [])];
  });
}

function layerProblem(document: ModelDocument, layer: string, index: number): GraphProblem[] {
  const fault = freezableFault(document, { layer });
  if (fault === null) return [];
  const phase = index + 1;
  const label = `Remove '${layer}' from phase ${phase}`;
  const fix: Fix = { label, action: 'remove-from-phase', params: { phase, layer } };
  return [problem('phase/unknown-layer', `Phase ${phase} freezes '${layer}'. ${fault.message}`, [fix])];
}

function problem(code: string, message: string, fixes: Fix[]): GraphProblem {
  return { code, severity: 'error', nodeId: null, message, fixes };
}

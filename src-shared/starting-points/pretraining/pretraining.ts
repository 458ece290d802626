import type { ModelAnalysis } from '../../compiler/graph/compiled.ts';
import type { ModelFeatures } from '../../compiler/graph/inputs.ts';
import { withoutTargets } from '../../data/dataset-document.ts';
import type { DatasetDocument } from '../../data/dataset-document.ts';
import { madeTargetRefusal, withMadeTarget } from '../../data/made-target.ts';
import { isInput, isOutput } from '../../document/schema/ends.ts';
import type { ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import { ownerOf } from '../../document/schema/shared-layers.ts';
import { autoencoderRefusal } from './autoencoder.ts';
import { classifierRefusal } from './classifier.ts';
import { encoderNodes } from './encoder.ts';
import type { Pretraining } from './encoder.ts';

/** What the layers learn to give: the Input, by an autoencoder, or a target that is made from the rows. */
export const pretrainingTargets = ['input', 'rotation', 'noise', 'masked-token', 'next-token'] as const;
export type PretrainingTarget = (typeof pretrainingTargets)[number];

/** The data set for a run of it. */
export function pretrainingData(dataset: DatasetDocument, { made }: Pretraining): DatasetDocument {
  return made === null ? withoutTargets(dataset) : withMadeTarget(dataset, made);
}

/** Name of a run of it: "autoencoder of 'conv', 'dense'". */
export function pretrainingName({ layers, made }: Pretraining): string {
  return `${made === null ? 'autoencoder' : made.kind} of ${layersInWords(layers)}`;
}

/** "'conv', 'dense'", or of many "'conv' … 'dense'". */
export function layersInWords(layers: readonly string[]): string {
  const quoted = layers.map((name) => `'${name}'`);
  return quoted.length <= 3 ? quoted.join(', ') : `${quoted[0]} … ${quoted.at(-1)}`;
}

/**
 * Why the layers up to `end` cannot be pretrained with a target, and what to do; null if they can.
 *
 * @param analyzed Of the document, with the same features.
 */
export function pretrainingRefusal(
  document: ModelDocument,
  end: ModelNode,
  target: PretrainingTarget,
  data: { readonly features: ModelFeatures; readonly dataset: DatasetDocument },
  analyzed: ModelAnalysis['nodes'],
): string | null {
  const refusal = encoderRefusal(document, end, analyzed);
  if (refusal !== null) return refusal;
  if (target === 'input') return autoencoderRefusal(document, end, analyzed);
  return madeTargetRefusal(data.dataset) ?? classifierRefusal(document, end, target, data.features, analyzed);
}

function encoderRefusal(document: ModelDocument, end: ModelNode, analyzed: ModelAnalysis['nodes']): string | null {
  if (isInput(end)) return `'${end.name}' is an Input. Select a layer after it, up to which the model is pretrained.`;
  if (isOutput(end))
    return `'${end.name}' is an Output. Select a layer before it, up to which the model is pretrained.`;
  const kept = encoderNodes(document, end);
  const ids = new Set(kept.map(({ id }) => id));
  const shared = kept.find((node) => !ids.has(ownerOf(document.nodes, node).id));
  if (shared !== undefined) {
    const owner = ownerOf(document.nodes, shared);
    return `'${shared.name}' uses the weights of '${owner.name}', which comes later. Select a later layer, or give it its own weights.`;
  }
  for (const node of kept) {
    const shape = analyzed.get(node.id)?.outputShape ?? null;
    if (shape === null) return `The output shape of '${node.name}' is not known. Solve the model's problems first.`;
  }
  const weighted = kept.filter((node) => (analyzed.get(node.id)?.parameters ?? 0) > 0);
  if (weighted.length === 0) return `No layer up to '${end.name}' has weights. Select a later layer.`;
  if (weighted.every(({ frozen }) => frozen)) {
    return `All layers with weights up to '${end.name}' are frozen, so none would learn. Unfreeze some first.`;
  }
  return null;
}

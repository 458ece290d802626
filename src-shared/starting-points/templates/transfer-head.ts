import { isInput, isOutput } from '../../document/schema/ends.ts';
import type { ModelAnalysis, NodeAnalysis } from '../../compiler/graph/compiled.ts';
import { analyze } from '../../diagnostics/analyze.ts';
import type { CreateId } from '../../document/edits/edits.ts';
import type { ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import { applyChange } from '../../document/history/operations.ts';
import type { Change } from '../../document/history/operations.ts';
import { layerCatalog, traitsOf } from '../../layers/catalog/catalog.ts';
import type { Fit } from '../fit.ts';
import { baseUpTo, withNewHead } from './new-head.ts';
import type { Base } from './new-head.ts';
import type { ChangeTemplate, OpenModel } from './template.ts';

/**
 * Transfer learning: freezes the layers of a trained model and adds a new head for other data.
 * Source: Yosinski et al., arXiv:1411.1792 (2014).
 */
export const transferHead: ChangeTemplate = {
  id: 'transfer-head',
  title: 'Transfer head',
  description:
    'Freezes the layers of the model on the canvas and adds a new head: reuses what it learned from more data.',
  note: (fit, { document, trainedBy }) => {
    const base = baseOf(document, fit);
    if (base === null) return null;
    const kept = `Keeps ${counted(base.frozen.size)} up to ${base.end.name}.`;
    return trainedBy === null
      ? `${kept} Train this model first: no run has weights for them yet.`
      : `${kept} To train, choose “Continue from these weights” of ${trainedBy} on the Runs page.`;
  },
  unsuited: (fit, { document }) => {
    if (document.nodes.length === 0) return 'Open or draw a model and train it first; then choose the new data.';
    if (fit.output === null) return 'Choose data first: the new head is fitted to its target.';
    if (baseOf(document, fit) === null) {
      return 'Expected hidden layers to keep; the model on the canvas has none. Open or draw a model with hidden layers, and train it.';
    }
    const change = newHead(document, fit, countingIds());
    const { problems } = analyze(applyChange(document, change), fit.features ?? null);
    const error = problems.find(({ severity }) => severity === 'error');
    return error === undefined ? null : `The layers to keep do not accept this data. ${error.message}`;
  },
  change: (fit, { document }, createId) => newHead(document, fit, createId),
};

/** The layers that the template freezes: a run must have their weights. */
export function layersToKeep(fit: Fit, { document }: Pick<OpenModel, 'document'>): readonly ModelNode[] {
  const base = baseOf(document, fit);
  return base === null ? [] : document.nodes.filter(({ id }) => base.frozen.has(id));
}

/** All layers before the last Dense of the model's first Output; the encoder of an autoencoder. */
function baseOf(document: ModelDocument, { features }: Fit): Base | null {
  const { nodes } = analyze(document, features ?? null);
  const end = endOf(document, nodes);
  return end === null ? null : baseUpTo(document, end, nodes);
}

/** The layer before the head; null if no layer leads to an Output. */
function endOf(document: ModelDocument, analyzed: ModelAnalysis['nodes']): ModelNode | null {
  const outputs = document.nodes.filter(isOutput);
  const output = outputs.find((node) => !reproduces(node)) ?? outputs[0];
  if (output === undefined) return null;
  const chain = chainTo(document, output);
  if (reproduces(output)) return codeIn(chain, analyzed);
  // Skip activation and dropout layers after the last Dense.
  const at = chain.findIndex((node) => !keepsPlaces(node));
  return at >= 0 && traitsOf(chain[at]!).lastAxisOnly === true ? (chain[at + 1] ?? null) : (chain[0] ?? null);
}

const reproduces = ({ params }: ModelNode): boolean => (params['reproduces'] ?? '') !== '';

/** The layers before a node as far as each has one input, the nearest first. */
function chainTo({ nodes, edges }: ModelDocument, node: ModelNode): ModelNode[] {
  const chain: ModelNode[] = [];
  for (let current: ModelNode | undefined = node; current !== undefined;) {
    const incoming = edges.filter(({ target }) => target === current!.id);
    current = incoming.length === 1 ? nodes.find(({ id }) => id === incoming[0]!.source) : undefined;
    if (current === undefined || chain.includes(current)) break;
    chain.push(current);
  }
  return chain;
}

/**
 * The last layer of an autoencoder's encoder: the first of the hidden layers with the fewest values, with the
 * activation and dropout layers after it.
 * @param chain The layers before the Output, the nearest first.
 */
function codeIn(chain: readonly ModelNode[], analyzed: ModelAnalysis['nodes']): ModelNode | null {
  const layers = chain.toReversed().filter((node) => !isInput(node));
  const hasWeights = ({ id }: ModelNode): boolean => (analyzed.get(id)?.parameters ?? 0) > 0;
  const hidden = layers.slice(0, Math.max(0, layers.findLastIndex(hasWeights)));
  const sizes = hidden.map(({ id }, index) =>
    index < layers.findIndex(hasWeights) ? Infinity : sizeOf(analyzed.get(id)),
  );
  const least = Math.min(...sizes);
  if (least === Infinity) return null;
  let code = sizes.indexOf(least);
  while (code + 1 < hidden.length && keepsPlaces(hidden[code + 1]!)) code += 1;
  return hidden[code]!;
}

/** Values of one example of a layer's output; Infinity if its shape is not known. */
function sizeOf(analyzed: NodeAnalysis | undefined): number {
  const shape = analyzed?.outputShape ?? null;
  return shape === null ? Infinity : shape.slice(1).reduce<number>((product, size) => product * (size ?? 1), 1);
}

function keepsPlaces({ kind }: ModelNode): boolean {
  const family = layerCatalog.get(kind)?.family;
  return family === 'activation' || family === 'regularization';
}

function newHead(document: ModelDocument, fit: Fit, createId: CreateId): Change {
  const base = baseOf(document, fit);
  if (base === null) throw new Error('Expected a model with layers to keep.');
  return withNewHead(document, base, fit, createId);
}

function counted(layers: number): string {
  return layers === 1 ? 'one layer' : `${layers} layers`;
}

/** Ids for a model that is only analyzed. */
function countingIds(): CreateId {
  let next = 0;
  return () => `new head ${next++}`;
}

import { BLOCK_OUTPUT } from '../document/schema/blocks.ts';
import { layerCatalog, traitsOf } from '../layers/catalog/catalog.ts';
import { AdvisedModel } from '../diagnostics/advice/advised-model.ts';
import { readGraph } from '../compiler/graph/graph.ts';
import { createNode } from '../document/edits/edits.ts';
import { addNodeAfter } from '../document/geometry/insert-edits.ts';
import type { CreateId } from '../document/edits/edits.ts';
import type { ModelDocument, ModelNode } from '../document/schema/model-document.ts';
import { applyChange } from '../document/history/operations.ts';
import type { Change, Operation } from '../document/history/operations.ts';
import { asKind, withValues } from '../document/edits/set-values.ts';
import type { NewValue } from '../document/edits/set-values.ts';
import { takeOut } from '../document/edits/take-out.ts';
import { presets } from './presets.ts';
import type { Preset } from './presets.ts';

/** Layers that presets put in place of others. */
const NORMALIZATION = 'BatchNormalization';
const ACTIVATION = 'Activation';

/** Activations that a preset does not replace. */
const KEPT: ReadonlySet<string | null> = new Set(['softmax', 'logSoftmax', 'step']);

/**
 * Applies a preset to hidden dense layers and convolutions: activation, initializer, with or without
 * BatchNormalization, kind of dropout. Does not change layers that make predictions, frozen layers,
 * gates, and linear layers before a merging layer.
 *
 * @param document The model, or the graph of a block.
 * @param nodeIds The layers to configure; null: all.
 * @returns One change; null if nothing changes.
 */
export function applyPreset(
  document: ModelDocument,
  nodeIds: readonly string[] | null,
  preset: Preset,
  createId: CreateId,
): Change | null {
  const found = configured(document, nodeIds);
  if (found === null) return null;
  const edit = new Edit(document);
  for (const _step of presetSteps(edit, found, nodeIds, preset, createId));
  if (edit.operations.length === 0) return null;
  const where = found.length === 1 ? `'${found[0]!.node.name}'` : `${found.length} layers`;
  return { label: `Set ${preset.title} in ${where}`, operations: edit.operations };
}

/** Whether there are layers to which presets apply. */
export function hasHiddenLayers(document: ModelDocument, nodeIds: readonly string[] | null): boolean {
  return (configured(document, nodeIds) ?? []).length > 0;
}

/** Whether the preset would change something. Stops at the first change, as the whole one is slow in large models. */
export function changesByPreset(document: ModelDocument, nodeIds: readonly string[] | null, preset: Preset): boolean {
  const found = configured(document, nodeIds);
  if (found === null) return false;
  const edit = new Edit(document);
  for (const _step of presetSteps(edit, found, nodeIds, preset, () => 'unused')) {
    if (edit.operations.length > 0) return true;
  }
  return false;
}

/** Applies the preset; yields after each edit. */
function* presetSteps(
  edit: Edit,
  found: readonly Configured[],
  nodeIds: readonly string[] | null,
  preset: Preset,
  createId: CreateId,
): Generator<void> {
  const document = edit.current;
  edit.replace(
    withValues(
      document.nodes,
      found.flatMap((layer) => valuesOf(layer, preset)),
    ),
  );
  yield;
  for (const { applied } of found) {
    if (applied !== null) edit.replace(asActivation(edit.current, applied, preset));
    yield;
  }
  for (const id of dropoutsOf(document, nodeIds, found)) {
    const node = edit.node(id);
    if (node.kind !== preset.dropout) edit.replace(asKind(edit.current, node, preset.dropout));
    yield;
  }
  for (const layer of found) {
    const normalizations = layer.trail.filter(({ kind }) => kind === NORMALIZATION).map(({ id }) => id);
    if (!preset.normalization) edit.perform(takeOut(edit.current, normalizations));
    else if (layer.normalizes && normalizations.length === 0) {
      const after = layer.applied?.id ?? layer.node.id;
      const node = createNode(edit.current, NORMALIZATION, { x: 0, y: 0 }, createId);
      edit.perform(addNodeAfter(edit.current, after, node, createId));
    }
    yield;
  }
}

/** A layer to configure. */
interface Configured {
  readonly node: ModelNode;
  /** The layer that applies its activation; null if it is linear. */
  readonly applied: ModelNode | null;
  /** Normalization, activation and dropout between it and the next layer. */
  readonly trail: readonly ModelNode[];
  /** Names of its parameters for kernel initializers. */
  readonly initializers: readonly string[];
  /** Whether BatchNormalization may be added: no other kind of layer normalizes its output. */
  readonly normalizes: boolean;
}

/** Null if the graph has problems. */
function configured(document: ModelDocument, nodeIds: readonly string[] | null): Configured[] | null {
  const graph = readGraph(document);
  if (graph.problems.length > 0) return null;
  const used = new Set(graph.nodes.keys());
  const model = new AdvisedModel({ ...graph, used }, null, new Map(), () => []);
  // The output of a block is not a prediction.
  const inBlock = document.nodes.some(({ kind }) => kind === BLOCK_OUTPUT);
  return model.layers.flatMap((node): Configured[] => {
    const chosen = (nodeIds === null || nodeIds.includes(node.id)) && node.weightsOf === undefined;
    if (!chosen || node.frozen || !model.hasKernel(node) || !(inBlock || model.isHidden(node))) return [];
    if (model.isGate(node) || KEPT.has(model.activationOf(node))) return [];
    const trail = trailOf(model, node);
    const meets = model.after(trail.at(-1) ?? node).some((next) => model.family(next) === 'merge');
    const found = model.activationNode(node);
    const applied = found ?? (meets ? null : node);
    const normalizes = trail.every((each) => model.family(each) !== 'normalization' || each.kind === NORMALIZATION);
    return [{ node, applied, trail, normalizes, initializers: model.initializers(node) }];
  });
}

function trailOf(model: AdvisedModel, node: ModelNode): ModelNode[] {
  const trail: ModelNode[] = [];
  for (let current = node; ;) {
    const after = model.after(current);
    const [next] = after;
    if (after.length !== 1 || next === undefined) return trail;
    if (!['normalization', 'activation', 'regularization'].includes(model.family(next))) return trail;
    trail.push(next);
    current = next;
  }
}

function valuesOf({ node, applied, trail, initializers }: Configured, preset: Preset): NewValue[] {
  // Reset Keras's default instead of setting it.
  const standard = preset.initializer === 'glorotUniform';
  const values = initializers.map((name): NewValue => ({
    nodeId: node.id,
    name,
    ...(standard ? {} : { value: preset.initializer }),
  }));
  if (applied === node) values.push({ nodeId: node.id, name: 'activation', value: preset.activation });
  // Without normalization the bias has an effect again.
  const normalized = trail.some(({ kind }) => kind === NORMALIZATION);
  if (normalized && !preset.normalization) values.push({ nodeId: node.id, name: 'useBias' });
  return values;
}

/** The activation layer with the preset's activation; empty if nothing changes, or it is not an activation layer. */
function asActivation(document: ModelDocument, applied: ModelNode, { activation }: Preset): ModelNode[] {
  const node = document.nodes.find(({ id }) => id === applied.id)!;
  if (layerCatalog.get(node.kind)?.family !== 'activation') return [];
  if (traitsOf(node).activation === activation && Object.keys(node.params).length === 0) return [];
  if (node.kind === ACTIVATION && node.params['activation'] === activation) return [];
  const renamed = asKind(document, node, ACTIVATION);
  return renamed.map((each) => (each.weightsOf === undefined ? { ...each, params: { activation } } : each));
}

/** Ids of the dropout layers to replace: all, or those that are chosen or follow a chosen layer. */
function dropoutsOf(
  document: ModelDocument,
  nodeIds: readonly string[] | null,
  found: readonly Configured[],
): string[] {
  const near = new Set(found.flatMap(({ trail }) => trail.map(({ id }) => id)));
  return document.nodes
    .filter(({ kind }) => presets.some(({ dropout }) => dropout === kind))
    .filter(({ id }) => nodeIds === null || nodeIds.includes(id) || near.has(id))
    .map(({ id }) => id);
}

/** Collects successive edits into one change. */
class Edit {
  current: ModelDocument;
  readonly operations: Operation[] = [];

  constructor(document: ModelDocument) {
    this.current = document;
  }

  node(id: string): ModelNode {
    return this.current.nodes.find((node) => node.id === id)!;
  }

  replace(nodes: readonly ModelNode[]): void {
    if (nodes.length > 0) this.perform({ label: '', operations: [{ kind: 'replaceNodes', nodes }] });
  }

  perform(change: Change | null): void {
    if (change === null) return;
    this.current = applyChange(this.current, change);
    this.operations.push(...change.operations);
  }
}

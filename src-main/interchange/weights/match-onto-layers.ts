import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { WeightMatch } from '../../../src-shared/interchange/import-report.ts';
import { fitsSlot, isCalled } from '../keras/match-weights.ts';
import { slotText } from '../keras/weight-slots.ts';
import type { WeightSlot } from '../keras/weight-slots.ts';
import type { PytorchWeight } from './pytorch-layout.ts';
import { groupByLayer, orderOfNames, partsOfName } from './tensor-names.ts';
import type { StoredTensor, TensorGroup } from './tensor-names.ts';

/** Weights of a layer, or of an inner layer, in Keras's order. */
export interface LayerSlots {
  /** 'both/forward_lstm'. */
  readonly name: string;
  readonly slots: readonly WeightSlot[];
}

/** A tensor for a weight. */
export interface PlacedTensor {
  readonly slot: WeightSlot;
  readonly tensor: StoredTensor;
  readonly by: NonNullable<WeightMatch['by']>;
  /** Null: the values are in the order of the weight. */
  readonly form: PytorchWeight | null;
}

/** How the file lays out a weight: as here (null), as PyTorch, or a reason why it cannot be decided. */
export type FormOf = (slot: WeightSlot) => PytorchWeight | string | null;

/** All weights have a tensor, or the reason why not, for a message. */
export type Placement =
  { readonly ok: true; readonly placed: readonly PlacedTensor[] } | { readonly ok: false; readonly reason: string };

/** PyTorch's names of variables. `weight` is the main weight of any layer. */
const OF_PYTORCH: Readonly<Record<string, readonly string[]>> = {
  weight: ['kernel', 'gamma', 'embeddings', 'alpha'],
  bias: ['bias', 'beta'],
  running_mean: ['moving_mean'],
  running_var: ['moving_variance'],
};

/**
 * Finds a tensor for each weight: by the names of the layers; for layers whose names the file does not have, in the order
 * of the file or, if it has lost the order, by their shapes where only one layer of the file fits. Nothing is guessed.
 */
export function matchOntoLayers(
  layers: readonly LayerSlots[],
  tensors: readonly StoredTensor[],
  formOf: FormOf,
): Placement {
  const { groups, others } = groupByLayer(tensors);
  const byLayer = matchGroups(layers, groups, others, formOf);
  return byLayer.ok || others.length === 0 ? byLayer : matchSingly(layers, tensors, formOf, byLayer);
}

function matchGroups(
  layers: readonly LayerSlots[],
  groups: readonly TensorGroup[],
  others: readonly StoredTensor[],
  formOf: FormOf,
): Placement {
  const named = groupsByName(layers, groups);
  const placed: PlacedTensor[] = [];
  for (const [layer, group] of named) {
    const fit = fitGroup(layer, group, formOf);
    if (typeof fit === 'string') return { ok: false, reason: fit };
    placed.push(...fit.map((entry) => ({ ...entry, by: 'name' as const })));
  }
  const openLayers = layers.filter((layer) => !named.has(layer));
  if (openLayers.length === 0) return { ok: true, placed };
  const used = new Set(named.values());
  const openGroups = groups.filter((group) => !used.has(group));
  if (others.length > 0 || openGroups.length !== openLayers.length) {
    const missing = openLayers[0]!;
    return {
      ok: false,
      reason:
        `expected weights of '${missing.name}' (${missing.slots.map(slotText).join(', ')}), ` +
        `and as many layers in the file as in the model; received no layer of this name, and ${groups.length} layers for ${layers.length}`,
    };
  }
  const order = orderOfNames(openGroups.map(({ layer }) => layer.join('/')));
  const inOrder = order === null ? null : fitInOrder(openLayers, openGroups, order, formOf);
  if (Array.isArray(inOrder)) return { ok: true, placed: [...placed, ...inOrder] };
  const byShape = fitByShape(openLayers, openGroups, formOf);
  if (Array.isArray(byShape)) return { ok: true, placed: [...placed, ...byShape] };
  return { ok: false, reason: typeof inOrder === 'string' ? inOrder : (byShape as string) };
}

/** Layers and groups of the same name, apart from outer names and signs. A name that fits two is not used. */
function groupsByName(
  layers: readonly LayerSlots[],
  groups: readonly TensorGroup[],
): ReadonlyMap<LayerSlots, TensorGroup> {
  const ofName = Map.groupBy(layers, ({ name }) => plain(name));
  const found = groups.flatMap((group) => {
    const endings = group.layer.map((_, index) => plain(group.layer.slice(index).join('/')));
    const [layer, ...more] = endings.map((ending) => ofName.get(ending)).find((list) => list !== undefined) ?? [];
    return layer === undefined || more.length > 0 ? [] : [[layer, group] as const];
  });
  const ofLayer = Map.groupBy(found, ([layer]) => layer);
  return new Map([...ofLayer.values()].flatMap((pairs) => (pairs.length === 1 ? pairs : [])));
}

const plain = (name: string): string => name.replace(/[^\p{L}\p{N}]+/gu, '_');

function fitInOrder(
  layers: readonly LayerSlots[],
  groups: readonly TensorGroup[],
  order: readonly number[],
  formOf: FormOf,
): PlacedTensor[] | string {
  const placed: PlacedTensor[] = [];
  for (const [index, layer] of layers.entries()) {
    const fit = fitGroup(layer, groups[order[index]!]!, formOf);
    if (typeof fit === 'string') return fit;
    placed.push(...fit.map((entry) => ({ ...entry, by: 'order' as const })));
  }
  return placed;
}

/** Only where each layer fits one group, and each group one layer. */
function fitByShape(
  layers: readonly LayerSlots[],
  groups: readonly TensorGroup[],
  formOf: FormOf,
): PlacedTensor[] | string {
  const placed: PlacedTensor[] = [];
  const used = new Set<TensorGroup>();
  for (const layer of layers) {
    const fits = groups.flatMap((group) => {
      const fit = fitGroup(layer, group, formOf);
      return typeof fit === 'string' ? [] : [{ group, fit }];
    });
    const [only] = fits;
    if (fits.length !== 1 || used.has(only!.group)) {
      const weights = layer.slots.map(slotText).join(', ');
      const received = fits.length === 0 ? 'none' : fits.map(({ group }) => group.layer.join('/')).join(', ');
      return `expected one layer of the file for '${layer.name}' (${weights}); by their shapes these fit: ${received}`;
    }
    used.add(only!.group);
    placed.push(...only!.fit.map((entry) => ({ ...entry, by: 'shape' as const })));
  }
  return placed;
}

type Fit = Pick<PlacedTensor, 'slot' | 'tensor' | 'form'>;

/** The tensors of a group for a layer's weights, or why they do not fit. */
function fitGroup({ name, slots }: LayerSlots, { layer, tensors }: TensorGroup, formOf: FormOf): Fit[] | string {
  const fits = slots.map((slot): Fit | string => {
    const candidates = tensors.filter(
      ({ variable }) => isCalled(slot, variable) || OF_PYTORCH[variable]?.includes(slot.variable) === true,
    );
    const [found] = candidates;
    if (candidates.length !== 1) return `expected '${slotText(slot)}' of '${name}'; received no such tensor`;
    return fitTensor(slot, found!.tensor, formOf);
  });
  const fault = fits.find((fit) => typeof fit === 'string');
  const all = fits.filter((fit) => typeof fit !== 'string');
  if (fault === undefined && new Set(all.map(({ tensor }) => tensor)).size === tensors.length) return all;
  const received = tensors.map(({ tensor }) => tensorText(tensor)).join(', ');
  const reason = fault ?? `expected ${slots.map(slotText).join(', ')} for '${name}'`;
  return `${reason} (${layer.join('/')} has ${received})`;
}

function fitTensor(slot: WeightSlot, tensor: StoredTensor, formOf: FormOf): Fit | string {
  const form = formOf(slot);
  if (typeof form === 'string') return form;
  const fits = form === null ? fitsSlot(slot, { tensor }) : form.stored.join() === tensor.shape.join();
  if (fits) return { slot, tensor, form };
  const expected = form === null ? slotText(slot) : `${slot.variable} ${form.stored.join(' × ')}`;
  return `expected '${expected}' for '${slot.layer.name}'; received ${tensorText(tensor)}`;
}

/** Tensors without names of variables, as of `np.savez(file, *model.get_weights())`: weight by weight. */
function matchSingly(
  layers: readonly LayerSlots[],
  tensors: readonly StoredTensor[],
  formOf: FormOf,
  otherwise: Placement,
): Placement {
  const slots = layers.flatMap(({ slots: own }) => own);
  if (slots.length !== tensors.length) return otherwise;
  const order = orderOfNames(tensors.map(({ name }) => partsOfName(name).join('/')));
  const inOrder = slots.map((slot, index) =>
    order === null ? 'the file has lost the order of its arrays' : fitTensor(slot, tensors[order[index]!]!, formOf),
  );
  const fault = inOrder.find((fit) => typeof fit === 'string');
  if (fault === undefined) {
    return { ok: true, placed: (inOrder as Fit[]).map((fit) => ({ ...fit, by: 'order' })) };
  }
  const byShape = slots.map((slot) => {
    const fits = tensors.map((tensor) => fitTensor(slot, tensor, formOf)).filter((fit) => typeof fit !== 'string');
    return fits.length === 1 ? fits[0]! : null;
  });
  const found = byShape.filter((fit) => fit !== null);
  if (new Set(found.map(({ tensor }) => tensor)).size !== slots.length) return { ok: false, reason: fault };
  return { ok: true, placed: found.map((fit) => ({ ...fit, by: 'shape' })) };
}

function tensorText({ name, shape }: StoredTensor): string {
  return `${name} ${shape.length === 0 ? '(one value)' : shape.join(' × ')}`;
}

/** Values in a tensor's storage, for totals. */
export const valuesIn = (tensors: readonly StoredTensor[]): number =>
  tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);

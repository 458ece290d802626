import { basename } from 'node:path';
import { expandBlocks } from '../../../src-shared/compiler/expand/expand.ts';
import type { ModelFormatName } from '../../../src-shared/contract/model-formats.ts';
import { isEnd } from '../../../src-shared/document/schema/ends.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { ImportLoss, WeightMatch } from '../../../src-shared/interchange/import-report.ts';
import { layerCatalog } from '../../../src-shared/layers/catalog/catalog.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { compiled } from '../keras/imported-model.ts';
import { RANDOM_STATE } from '../keras/store-weights.ts';
import { slotsOf } from '../keras/weight-slots.ts';
import type { ImportedModel } from '../importer/model-importer.ts';
import { matchOntoLayers, valuesIn } from './match-onto-layers.ts';
import type { LayerSlots, PlacedTensor } from './match-onto-layers.ts';
import { pytorchForms } from './pytorch-layout.ts';
import { reordered } from './reordered.ts';
import { namedLayout } from './tensor-names.ts';
import type { StoredTensor } from './tensor-names.ts';

/** The normalizations' default here is another one. */
const PYTORCH_EPSILON = 1e-5;

/** A file with weights only. */
export interface WeightsFile {
  readonly format: ModelFormatName;
  readonly path: string;
  /** 'safetensors', for people. */
  readonly writtenBy: string;
  /** In the order of the file, without the state of an optimizer. */
  readonly tensors: readonly StoredTensor[];
  readonly hasOptimizerState: boolean;
  close(): Promise<void>;
}

/**
 * Puts the tensors of a file onto the layers of a model. Every weight gets a tensor, or the file is refused.
 *
 * @throws AppError 'model-file/weights-only' without a model, 'model-file/unsupported', 'model-file/ambiguous-layout',
 *   'keras/weights-mismatch', 'model/invalid'.
 */
export function importWeights(file: WeightsFile, onto: ModelDocument | null): ImportedModel {
  const { format, path, writtenBy, hasOptimizerState } = file;
  if (onto === null || onto.nodes.every(isEnd)) throw withoutModel(path);
  const tensors = numbersOf(file);
  const model = compiled(onto);
  const ofNode = Map.groupBy(model.weights, ({ nodeId }) => nodeId);
  const layers = expandBlocks(onto).document.nodes.flatMap((node): LayerSlots[] => {
    const weights = ofNode.get(node.id) ?? [];
    const { name, id, kind, frozen } = node;
    const layer = { name, path: id, className: kind, innerGroup: '', config: {}, trainable: !frozen, layers: null };
    const byInner = Map.groupBy(slotsOf(layer, weights), ({ inner }) => inner);
    return [...byInner].map(([inner, slots]) => ({ name: inner === '' ? name : `${name}/${inner}`, slots }));
  });
  const placed = placedTensors(layers, tensors, onto, path);
  const bySlot = new Map(placed.map((entry) => [entry.slot.weight?.name, entry]));
  const used = placed.map(({ tensor }) => tensor);
  const weights = model.weights.map(({ name, shape }) => {
    const { tensor, form } = bySlot.get(name)!;
    const read = (): AsyncIterable<Float32Array> =>
      isReordered({ form }) ? reordered(() => tensor.read(), form!.view, form!.axes) : tensor.read();
    return { name, shape, read };
  });
  return {
    format,
    document: onto,
    weights,
    writtenBy,
    layers: onto.nodes.filter((node) => !isEnd(node)).length,
    takenParameters: valuesIn(used),
    fileParameters: valuesIn(tensors),
    hasOptimizerState,
    losses: [...layoutLosses(placed, onto), ...roundedLosses(used)],
    matches: [...placed.map(matchOf), ...tensors.filter((tensor) => !used.includes(tensor)).map(unusedMatch)],
    close: () => file.close(),
  };
}

/** Tensors of floating-point numbers. @throws AppError 'model-file/unsupported' naming a tensor of another type. */
function numbersOf({ tensors, path }: WeightsFile): readonly StoredTensor[] {
  const numbers = tensors.filter(({ dtype }) => dtype !== 'integer');
  // Counters of steps are integers: 'num_batches_tracked', 'global_step'.
  const other = tensors.find(
    ({ name, dtype, shape }) => dtype === 'integer' && elementCount(shape) > 1 && !RANDOM_STATE.test(name),
  );
  if (other !== undefined) {
    throw new AppError(
      'model-file/unsupported',
      `Expected float16, bfloat16, float32 or float64 numbers in '${basename(path)}'; '${other.name}' has the type ${other.storedAs}. Save the weights with one of these types.`,
      { path, tensor: other.name },
    );
  }
  if (numbers.length > 0) return numbers;
  throw new AppError(
    'model-file/unsupported',
    `Expected weights in '${basename(path)}'; the file has none. Choose another file.`,
    { path },
  );
}

/** Tries the layouts that the file can have. If its names do not tell which, only one may fit. */
function placedTensors(
  layers: readonly LayerSlots[],
  tensors: readonly StoredTensor[],
  onto: ModelDocument,
  path: string,
): readonly PlacedTensor[] {
  const names = namedLayout(tensors);
  const asHere = names === 'pytorch' ? null : matchOntoLayers(layers, tensors, () => null);
  if (asHere !== null && names === 'keras') {
    if (asHere.ok) return asHere.placed;
    throw mismatch(asHere.reason, path);
  }
  const forms = pytorchForms(onto);
  const asPytorch = matchOntoLayers(layers, tensors, (slot) => {
    const form = forms(slot);
    // Without names of PyTorch the order of flattened values is not known.
    return names === 'unknown' && typeof form !== 'string' && form.isFlattened
      ? `the order of the rows of '${slot.layer.name}' is not known`
      : form;
  });
  if (asHere?.ok !== true) {
    if (asPytorch.ok) return asPytorch.placed;
    throw mismatch(asHere?.reason ?? asPytorch.reason, path);
  }
  if (!asPytorch.ok || asPytorch.placed.every((entry) => !isReordered(entry))) return asHere.placed;
  throw new AppError(
    'model-file/ambiguous-layout',
    `Expected weights whose layout is clear in '${basename(path)}'; all shapes fit both [inputs, outputs], as in Keras, and [outputs, inputs], as in PyTorch. Name the tensors LAYER/kernel and LAYER/bias, or LAYER.weight and LAYER.bias.`,
    { path },
  );
}

const isReordered = ({ form }: Pick<PlacedTensor, 'form'>): boolean =>
  form?.axes.some((axis, index) => axis !== index) === true;

function matchOf(entry: PlacedTensor): WeightMatch {
  const { slot, tensor, by } = entry;
  const weight = slot.inner === '' ? slot.variable : `${slot.inner}/${slot.variable}`;
  const { name, shape } = tensor;
  return { tensor: name, shape: [...shape], layer: slot.layer.name, weight, by, reordered: isReordered(entry) };
}

function unusedMatch({ name, shape }: StoredTensor): WeightMatch {
  return { tensor: name, shape: [...shape], layer: null, weight: null, by: null, reordered: false };
}

/** What a person must know of weights of PyTorch. */
function layoutLosses(placed: readonly PlacedTensor[], onto: ModelDocument): ImportLoss[] {
  if (placed.every(({ form }) => form === null)) return [];
  const flattened = placed.filter(({ form }) => form?.isFlattened === true).map(({ slot }) => `'${slot.layer.name}'`);
  const rows =
    flattened.length === 0 ? '' : ` The rows of ${flattened.join(', ')} are those of flattened channels-first values.`;
  const layout: ImportLoss = {
    code: 'model-file/layout',
    severity: 'note',
    layer: null,
    message: `The file has PyTorch's layout: kernels are [outputs, inputs, …] in it, and are reordered.${rows}`,
  };
  const layers = new Set(placed.map(({ slot }) => slot.weight?.nodeId));
  const other = expandBlocks(onto).document.nodes.filter(({ id, kind, params }) => {
    const definition = layerCatalog.get(kind);
    const epsilon = definition?.parameters.find(({ name }) => name === 'epsilon');
    const isNormalization = definition?.family === 'normalization' && epsilon !== undefined;
    return layers.has(id) && isNormalization && (params['epsilon'] ?? epsilon.default) !== PYTORCH_EPSILON;
  });
  if (other.length === 0) return [layout];
  const message = `PyTorch's epsilon is ${PYTORCH_EPSILON} by default; ${other.map(({ name }) => `'${name}'`).join(', ')} have another one here. Set it if the file's model has the default.`;
  return [layout, { code: 'model-file/epsilon', severity: 'changed', layer: null, message }];
}

function roundedLosses(used: readonly StoredTensor[]): ImportLoss[] {
  const doubles = used.filter(({ dtype }) => dtype === 'float64').length;
  if (doubles === 0) return [];
  const message = `${doubles} tensors are float64 in the file; their values are rounded to float32.`;
  return [{ code: 'model-file/rounded', severity: 'note', layer: null, message }];
}

function withoutModel(path: string): AppError {
  return new AppError(
    'model-file/weights-only',
    `Expected a model in '${path}'; it has weights only. Open it in a project that has the model of these weights.`,
    { path },
  );
}

function mismatch(reason: string, path: string): AppError {
  return new AppError(
    'keras/weights-mismatch',
    `The weights of '${basename(path)}' do not fit the project's model: ${reason}. Choose the weights that were saved with this model, or name the layers as in the file.`,
    { path },
  );
}

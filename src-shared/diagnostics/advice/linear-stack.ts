import type { ModelNode } from '../../document/schema/model-document.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { title } from '../../compiler/graph/graph.ts';
import { advice } from './advised-model.ts';
import type { Advice, AdvisedModel } from './advised-model.ts';

/** Layers that multiply their whole input by a kernel. */
const KERNELS: ReadonlySet<string> = new Set(['Dense', 'Conv1D', 'Conv2D', 'Conv3D']);

/** Layers that are affine when predicting. Dropout passes its input on then, except as Monte Carlo dropout. */
const LINEAR =
  /^(Concatenate|Flatten|Reshape|Permute|RepeatVector|ZeroPadding\dD|Cropping\dD|UpSampling\dD|(Global)?AveragePooling\dD|BatchNormalization|Normalization|Rescaling|(Alpha|Gaussian|Spatial)?Dropout(\dD)?|GaussianNoise)$/;

/** Linear in all their inputs together. */
const SUMS: ReadonlySet<string> = new Set(['Add', 'Average', 'Subtract']);

/**
 * Two linear maps in a row, also with linear layers between them, are one linear map. A narrow one
 * is left out: it limits the rank, which one layer cannot do.
 */
export const linearStack: Advice = (model) =>
  model.layers.flatMap((node) => {
    if (!KERNELS.has(node.kind) || node.frozen || !model.isLinear(node)) return [];
    if (model.params(node)['activityRegularizer'] !== null) return [];
    const next = nextKernel(model, node);
    if (next === null || isNarrow(model, node, next)) return [];
    const message = `${title(node)} has no activation, so it and ${title(next)} together can learn no more than one layer. Give it an activation, such as relu.`;
    const params = { nodeId: node.id, name: 'activation', value: 'relu' };
    const fix = { label: `Set activation of '${node.name}' to relu`, action: 'set-param', params } as const;
    return [advice('linear-stack', node, message, [fix], 'activation')];
  });

/** The next layer with a kernel, where only linear layers without branches are between; null where there is none. */
function nextKernel(model: AdvisedModel, node: ModelNode): ModelNode | null {
  for (let current = node; ;) {
    const [next, ...others] = model.after(current);
    if (next === undefined || others.length > 0 || !model.isBuilt(next)) return null;
    if (KERNELS.has(next.kind)) return next;
    const passes = isLinearMap(model, next) || (SUMS.has(next.kind) && sumsOneValue(model, next));
    if (!passes) return null;
    current = next;
  }
}

function isLinearMap(model: AdvisedModel, node: ModelNode): boolean {
  if (node.kind === 'Activation') return model.params(node)['activation'] === 'linear';
  return LINEAR.test(node.kind) && layerCatalog.has(node.kind) && model.params(node)['monteCarlo'] !== true;
}

/**
 * Whether all branches of a sum are linear maps of the same values, or of Inputs. False for a
 * shortcut around a layer with an activation.
 */
function sumsOneValue(model: AdvisedModel, sum: ModelNode): boolean {
  const origins = model.before(sum).map((branch) => originsOf(model, branch));
  if (origins.every((found) => found.every(({ kind }) => kind === 'Input'))) return true;
  const [first = [], ...others] = origins;
  return others.every((found) => found.length === first.length && found.every((node) => first.includes(node)));
}

/** Layers whose values reach a layer through linear ones. */
function originsOf(model: AdvisedModel, node: ModelNode): ModelNode[] {
  const pending = [node];
  const seen = new Set(pending);
  const found: ModelNode[] = [];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    const linear = KERNELS.has(current.kind) ? model.isLinear(current) : isLinearMap(model, current);
    if (!linear && !SUMS.has(current.kind)) {
      found.push(current);
      continue;
    }
    for (const source of model.before(current)) {
      if (seen.has(source)) continue;
      seen.add(source);
      pending.push(source);
    }
  }
  return found;
}

/** Whether the layer is a bottleneck: its output is smaller than its input and than the next layer's output. True where shapes are unknown. */
function isNarrow(model: AdvisedModel, node: ModelNode, next: ModelNode): boolean {
  const entering = model.inputShape(node);
  if (entering === null) return true;
  const [before, between, after] = [entering, model.shapeOf(node)!, model.shapeOf(next)!].map((shape) =>
    shape.slice(1).reduce<number>((product, size) => product * (size ?? 1), 1),
  );
  return between! < before! && between! < after!;
}

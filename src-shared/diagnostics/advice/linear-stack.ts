import type { ModelNode } from '../../document/schema/model-document.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { title } from '../../compiler/graph/graph.ts';
import { advice } from './advised-model.ts';
import type { Advice, AdvisedModel } from './advised-model.ts';

/** Layers that multiply their whole input by a kernel. */
const KERNELS: ReadonlySet<string> = new Set(['Dense', 'Conv1D', 'Conv2D', 'Conv3D']);

/** Layers that are linear, or affine with fixed numbers, once trained. Dropout is not there then, unless it is drawn. */
const LINEAR =
  /^(Concatenate|Flatten|Reshape|Permute|RepeatVector|ZeroPadding\dD|Cropping\dD|UpSampling\dD|(Global)?AveragePooling\dD|BatchNormalization|Normalization|Rescaling|(Alpha|Gaussian|Spatial)?Dropout(\dD)?|GaussianNoise)$/;

/** Sums: of linear maps of different values they are no map of one of them. */
const SUMS: ReadonlySet<string> = new Set(['Add', 'Average', 'Subtract']);

/**
 * Two linear maps, one after the other, are one linear map, also with linear layers between them;
 * a narrow one between others has its own purpose.
 */
export const linearStack: Advice = (model) =>
  model.layers.flatMap((node) => {
    if (!KERNELS.has(node.kind) || node.frozen || !model.isLinear(node)) return [];
    if (model.params(node)['activityRegularizer'] !== null) return [];
    const next = nextKernel(model, node);
    if (next === null || isNarrow(model, node, next)) return [];
    const message = `${title(node)} has no activation, so it and ${title(next)} together are one linear map, which one layer can learn. Give it an activation, such as relu.`;
    const params = { nodeId: node.id, name: 'activation', value: 'relu' };
    const fix = { label: `Set activation of '${node.name}' to relu`, action: 'set-param', params } as const;
    return [advice('linear-stack', node, message, [fix], 'activation')];
  });

/** The layer with a kernel that alone reads what a layer makes, through linear layers; null where there is none. */
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
 * True where all branches of a sum are linear maps of the same values, or of Inputs. A shortcut
 * around a layer with an activation adds what the activation made to what it read, which is no such sum.
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

/** True of a bottleneck: fewer values leave it than enter it, and than leave the next. Also where that is not known. */
function isNarrow(model: AdvisedModel, node: ModelNode, next: ModelNode): boolean {
  const entering = model.inputShape(node);
  if (entering === null) return true;
  const [before, between, after] = [entering, model.shapeOf(node)!, model.shapeOf(next)!].map((shape) =>
    shape.slice(1).reduce<number>((product, size) => product * (size ?? 1), 1),
  );
  return between! < before! && between! < after!;
}

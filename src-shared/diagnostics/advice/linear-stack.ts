import { isInput } from '../../document/schema/ends.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import { traitsOf } from '../../layers/catalog/catalog.ts';
import { title } from '../../compiler/graph/graph.ts';
import { advice } from './advised-model.ts';
import type { Advice, AdvisedModel } from './advised-model.ts';

/**
 * Two consecutive linear maps, also with linear layers between them, are one linear map. Exception:
 * a bottleneck limits the rank, which one layer cannot do.
 */
export const linearStack: Advice = (model) =>
  model.layers.flatMap((node) => {
    if (traitsOf(node).linear !== 'kernel' || node.frozen || !model.isLinear(node)) return [];
    if (model.params(node)['activityRegularizer'] !== null) return [];
    const next = nextKernel(model, node);
    if (next === null || isNarrow(model, node, next)) return [];
    const message = `${title(node)} has no activation, so it and ${title(next)} together can learn no more than one layer. Set an activation, such as relu.`;
    const params = { nodeId: node.id, name: 'activation', value: 'relu' };
    const fix = { label: `Set activation of '${node.name}' to relu`, action: 'set-param', params } as const;
    return [advice('linear-stack', node, message, [fix], 'activation')];
  });

/** The next layer with a kernel, if only linear layers without branches are between; else null. */
function nextKernel(model: AdvisedModel, node: ModelNode): ModelNode | null {
  for (let current = node; ;) {
    const [next, ...others] = model.after(current);
    if (next === undefined || others.length > 0 || !model.isBuilt(next)) return null;
    if (traitsOf(next).linear === 'kernel') return next;
    const passes = isLinearMap(model, next) || (traitsOf(next).linear === 'sum' && sumsOneValue(model, next));
    if (!passes) return null;
    current = next;
  }
}

/** Whether predictions are affine in its input: noise is not there then, except in Monte Carlo layers. */
function isLinearMap(model: AdvisedModel, node: ModelNode): boolean {
  if (model.family(node) === 'activation') return model.isLinear(node);
  return traitsOf(node).linear === 'map' && model.params(node)['monteCarlo'] !== true;
}

/**
 * Whether all branches of a sum are linear maps of the same values, or of Inputs. False for a
 * shortcut around a layer with an activation.
 */
function sumsOneValue(model: AdvisedModel, sum: ModelNode): boolean {
  const origins = model.before(sum).map((branch) => originsOf(model, branch));
  if (origins.every((found) => found.every(isInput))) return true;
  const [first = [], ...others] = origins;
  return others.every((found) => found.length === first.length && found.every((node) => first.includes(node)));
}

/** Nonlinear layers and Inputs whose values reach a layer through linear layers only. */
function originsOf(model: AdvisedModel, node: ModelNode): ModelNode[] {
  const pending = [node];
  const seen = new Set(pending);
  const found: ModelNode[] = [];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    const { linear } = traitsOf(current);
    const isMap = linear === 'kernel' ? model.isLinear(current) : isLinearMap(model, current);
    if (!isMap && linear !== 'sum') {
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

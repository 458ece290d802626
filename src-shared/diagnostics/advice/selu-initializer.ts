import type { JsonValue, ModelNode } from '../../document/schema/model-document.ts';
import { nameInWords } from '../../layers/parameters/named.ts';
import { advice, byGraph, namesOf } from './advised-model.ts';
import type { Advice } from './advised-model.ts';
import { retune } from './retune.ts';

/**
 * SELU keeps mean 0 and variance 1 from layer to layer only if kernels are initialized with
 * variance 1 / inputs. Source: Klambauer et al., arXiv:1706.02515 (2017), section 2.
 */
export const seluInitializer: Advice = (model) =>
  byGraph(
    model.layers.filter(
      (node) =>
        !node.frozen &&
        model.hasKernel(node) &&
        model.activationOf(node) === 'selu' &&
        model.initializers(node).some((name) => !isLecun(model.params(node)[name])),
    ),
  ).map((nodes) => {
    const [first] = nodes as [ModelNode];
    const name = model.initializers(first).find((parameter) => !isLecun(model.params(first)[parameter]))!;
    const message = `SELU in ${namesOf(nodes)} keeps values at mean 0 and variance 1 only with LeCun initialization; received ${nameInWords(nameOf(model.params(first)[name]))}. Set ${nameInWords(name)} to ${nameInWords('lecunNormal')}.`;
    return advice('selu-initializer', first, message, [retune(model, nodes, { initializer: 'lecunNormal' })], name);
  });

function nameOf(initializer: JsonValue | undefined): string {
  return typeof initializer === 'object' && initializer !== null && !Array.isArray(initializer)
    ? String(initializer['name'])
    : String(initializer);
}

/** Whether the initializer has the variance of LeCun initialization. */
function isLecun(initializer: JsonValue | undefined): boolean {
  if (['lecunNormal', 'lecunUniform'].includes(nameOf(initializer))) return true;
  if (nameOf(initializer) !== 'varianceScaling') return false;
  const { scale = 1, mode = 'fanIn' } = initializer as { scale?: number; mode?: string };
  return scale === 1 && mode === 'fanIn';
}

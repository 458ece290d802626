import { describe, expect, it } from 'vitest';
import { layerCosts } from '../../src-shared/compiler/forward/layer-costs.ts';
import { MODEL_FORMAT, MODEL_VERSION } from '../../src-shared/document/schema/model-document.ts';
import type { ModelDocument, ModelNode } from '../../src-shared/document/schema/model-document.ts';

function chain(...layers: [kind: string, params: ModelNode['params']][]): ModelDocument {
  const nodes = layers.map(([kind, params], index) => ({
    id: `n${index}`,
    kind,
    name: 'same name',
    params,
    position: { x: 0, y: 0 },
    frozen: false,
  }));
  const edges = nodes.slice(1).map(({ id }, index) => ({ id: `e${index}`, source: `n${index}`, target: id }));
  return { format: MODEL_FORMAT, version: MODEL_VERSION, name: 'model', nodes, edges, blocks: [] };
}

describe('layerCosts', () => {
  it('counts multiply-adds and stored values of Dense', () => {
    const costs = layerCosts(chain(['Input', { shape: [784] }], ['Dense', { units: 300, activation: 'relu' }]), null);
    // Product, bias addition, activation.
    expect(costs.get('n1')).toEqual({ multiplyAdds: 784 * 300, values: 3 * 300 });
  });

  it('counts multiply-adds of a convolution', () => {
    const params = { filters: 8, kernelSize: [3, 3], padding: 'same', useBias: false };
    const costs = layerCosts(chain(['Input', { shape: [10, 10, 4] }], ['Conv2D', params]), null);
    expect(costs.get('n1')?.multiplyAdds).toBe(10 * 10 * 8 * 3 * 3 * 4);
  });

  it('skips layers of unknown shape', () => {
    expect(layerCosts(chain(['Input', {}], ['Dense', {}]), null).size).toBe(0);
  });
});

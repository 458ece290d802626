import { describe, expect, it } from 'vitest';
import { addLayer, dropLayer } from '../../src-renderer/features/model/nodes/add-layer.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';

const node = (id: string, kind: string, y: number) => ({
  id,
  kind,
  name: id,
  params: {},
  position: { x: 0, y },
  frozen: false,
});
const model: ModelDocument = {
  format: 'lamina.model',
  version: 6,
  name: 'm',
  nodes: [node('in', 'Input', 0), node('fc', 'Dense', 112), node('out', 'Output', 224)],
  edges: [
    { id: 'a', source: 'in', target: 'fc' },
    { id: 'b', source: 'fc', target: 'out' },
  ],
  blocks: [],
};
const centre = { x: 0, y: 0 };

/** Names in flow order from the Input. */
function chain(document: ModelDocument): string[] {
  const names: string[] = [];
  for (let id: string | undefined = 'in'; id !== undefined;) {
    const current: string = id;
    names.push(document.nodes.find((one) => one.id === current)!.name);
    id = document.edges.find((edge) => edge.source === current)?.target;
  }
  return names;
}

describe('addLayer', () => {
  it.each([
    [['in'], ['in', 'dropout', 'fc', 'out']],
    [['fc'], ['in', 'fc', 'dropout', 'out']],
    [['out'], ['in', 'fc', 'dropout', 'out']],
    [[], ['in', 'fc', 'dropout', 'out']],
  ])('with %j selected gives %j', (selected, expected) => {
    const { change } = addLayer(model, 'Dropout', selected, centre);
    expect(chain(applyChange(model, change))).toEqual(expected);
  });

  it('starts an empty model', () => {
    const { change, nodeId } = addLayer({ ...model, nodes: [], edges: [] }, 'Input', [], { x: 13, y: 5 });
    const { nodes } = applyChange({ ...model, nodes: [], edges: [] }, change);
    expect(nodes).toMatchObject([{ id: nodeId, name: 'input', position: { x: 16, y: 8 } }]);
  });
});

describe('dropLayer', () => {
  it('inserts into the edge under the drop position and makes space', () => {
    const { change } = dropLayer(model, 'Dropout', { x: 90, y: 100 }, 'a');
    const after = applyChange(model, change);
    expect(chain(after)).toEqual(['in', 'dropout', 'fc', 'out']);
    const ys = chain(after).map((name) => after.nodes.find((one) => one.name === name)!.position.y);
    expect(ys.every((y, i) => i === 0 || y - ys[i - 1]! >= 76)).toBe(true);
  });
});

describe('default activation of an added layer', () => {
  const activationOf = ({ change, nodeId }: ReturnType<typeof addLayer>, document = model) =>
    applyChange(document, change).nodes.find(({ id }) => id === nodeId)!.params['activation'];
  const onlyInput: ModelDocument = { ...model, nodes: [node('in', 'Input', 0)], edges: [] };
  /** Input, then these kinds, then Output, joined by 'e0', 'e1', … */
  const stack = (...kinds: string[]): ModelDocument => {
    const nodes = ['Input', ...kinds, 'Output'].map((kind, index) => node(`n${index}`, kind, 112 * index));
    const edges = nodes.slice(1).map(({ id }, index) => ({ id: `e${index}`, source: nodes[index]!.id, target: id }));
    return { ...model, nodes, edges };
  };

  it.each(['Dense', 'Conv1D', 'Conv2D', 'Conv2DTranspose'])('is relu for a hidden %s', (kind) => {
    expect(activationOf(addLayer(model, kind, ['in'], centre))).toBe('relu');
    expect(activationOf(dropLayer(model, kind, centre, 'a'))).toBe('relu');
    expect(activationOf(addLayer(onlyInput, kind, [], centre), onlyInput)).toBe('relu');
    expect(activationOf(dropLayer(model, kind, centre, null))).toBe('relu');
  });

  it('is linear before an Output or an activation layer', () => {
    expect(activationOf(addLayer(model, 'Dense', ['fc'], centre))).toBeUndefined();
    expect(activationOf(dropLayer(model, 'Dense', centre, 'b'))).toBeUndefined();
    expect(activationOf(dropLayer(model, 'Dense', centre, null, 'out'))).toBeUndefined();
    for (const kinds of [['ReLU', 'Dense'], ['BatchNormalization', 'Activation', 'Dense'], ['Dropout']]) {
      const document = stack(...kinds);
      expect(activationOf(dropLayer(document, 'Dense', centre, 'e0'), document)).toBeUndefined();
    }
    const normalized = stack('BatchNormalization', 'Dense');
    expect(activationOf(dropLayer(normalized, 'Dense', centre, 'e0'), normalized)).toBe('relu');
  });

  it('is the default of layers with another usual activation', () => {
    for (const kind of ['LSTM', 'Dropout', 'Activation'])
      expect(activationOf(addLayer(model, kind, ['in'], centre))).toBeUndefined();
  });
});

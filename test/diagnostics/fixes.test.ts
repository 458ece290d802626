import { describe, expect, it } from 'vitest';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { Fix } from '../../src-shared/document/schema/problem.ts';
import { countingIds } from '../document/random-edits.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';

const node = (id: string, kind: string, y: number) => ({
  id,
  kind,
  name: id,
  params: { units: 3 },
  position: { x: 0, y },
  frozen: false,
});
const model: ModelDocument = {
  format: 'lamina.model',
  version: 6,
  blocks: [],
  name: 'm',
  nodes: [node('in', 'Input', 0), node('fc', 'Dense', 112)],
  edges: [{ id: 'e', source: 'in', target: 'fc' }],
};

function fixed(fix: Fix): ModelDocument {
  const change = changeForFix(model, fix, countingIds());
  expect(change?.label).toBe('Do it');
  return applyAndUndo(model, change);
}

const links = ({ nodes, edges }: ModelDocument) => {
  const name = (id: string) => nodes.find((one) => one.id === id)!.name;
  return edges.map((edge) => `${name(edge.source)}>${name(edge.target)}`).sort();
};

describe('changeForFix', () => {
  it('sets, resets, renames, freezes and removes', () => {
    const label = 'Do it';
    expect(
      fixed({ label, action: 'set-param', params: { nodeId: 'fc', name: 'units', value: 10 } }).nodes[1]!.params,
    ).toEqual({ units: 10 });
    expect(fixed({ label, action: 'reset-param', params: { nodeId: 'fc', name: 'units' } }).nodes[1]!.params).toEqual(
      {},
    );
    expect(fixed({ label, action: 'rename', params: { nodeId: 'fc', name: 'x' } }).nodes[1]!.name).toBe('x');
    expect(fixed({ label, action: 'set-frozen', params: { nodeIds: ['fc'], frozen: true } }).nodes[1]!.frozen).toBe(
      true,
    );
    expect(fixed({ label, action: 'remove-node', params: { nodeId: 'fc' } }).edges).toEqual([]);
    expect(fixed({ label, action: 'remove-edge', params: { edgeId: 'e' } }).edges).toEqual([]);
  });

  it('inserts before a node', () => {
    const after = fixed({
      label: 'Do it',
      action: 'insert-before',
      params: { nodeId: 'fc', kind: 'Flatten', params: {} },
    });
    expect(links(after)).toEqual(['flatten>fc', 'in>flatten']);
  });

  it('adds a node and connects its named sides', () => {
    const add = (connectFrom: string | null, connectTo: string | null): Fix => ({
      label: 'Do it',
      action: 'add-node',
      params: { kind: 'Output', params: {}, connectFrom, connectTo },
    });
    expect(links(fixed(add('fc', null)))).toEqual(['fc>output', 'in>fc']);
    expect(links(fixed(add('in', 'fc')))).toEqual(['in>fc', 'in>output', 'output>fc']);
    expect(links(fixed(add(null, null)))).toEqual(['in>fc']);
  });

  it('connects, and joins the inputs of a node', () => {
    const label = 'Do it';
    expect(links(fixed({ label, action: 'connect', params: { source: 'fc', target: 'in' } }))).toEqual([
      'fc>in',
      'in>fc',
    ]);
    const joined = fixed({ label, action: 'join-inputs', params: { nodeId: 'fc', kind: 'Add' } });
    expect(links(joined)).toEqual(['add>fc', 'in>add']);
  });

  it('returns null if the document no longer has the problem', () => {
    const fix: Fix = { label: 'Do it', action: 'remove-node', params: { nodeId: 'gone' } };
    expect(changeForFix(model, fix, countingIds())).toBeNull();
  });
});

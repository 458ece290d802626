import { describe, expect, it } from 'vitest';
import { copyNodes, parseFragment, paste } from '../../src-shared/document/edits/clipboard.ts';
import * as edits from '../../src-shared/document/edits/edits.ts';
import { addNodeAfter, insertOnEdge } from '../../src-shared/document/geometry/insert-edits.ts';
import {
  createHistory,
  goTo,
  seal,
  undo,
  undoLabel,
  redoLabel,
  type History,
} from '../../src-shared/document/history/history.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { snakeCase, uniqueName } from '../../src-shared/document/schema/names.ts';
import { applyChange, type Operation } from '../../src-shared/document/history/operations.ts';
import { takeOut } from '../../src-shared/document/edits/take-out.ts';
import { countingIds, emptyModel } from './random-edits.ts';
import { performChange } from '../support/apply-and-undo.ts';

function chain(...kinds: string[]): ModelDocument {
  const createId = countingIds();
  let document = emptyModel;
  let previous: string | undefined;
  for (const kind of kinds) {
    const node = edits.createNode(document, kind, { x: 0, y: document.nodes.length * 112 }, createId);
    document = applyChange(document, edits.addNode(document, node));
    if (previous !== undefined) {
      document = applyChange(document, edits.connect(document, { source: previous, target: node.id }, createId)!);
    }
    previous = node.id;
  }
  return document;
}

const links = (document: ModelDocument) => {
  const name = (id: string) => document.nodes.find((node) => node.id === id)?.name;
  return document.edges.map((edge) => `${name(edge.source)}>${name(edge.target)}`);
};

describe('default layer names', () => {
  it.each([
    ['Dense', 'dense'],
    ['Conv2D', 'conv2d'],
    ['MaxPooling2D', 'max_pooling2d'],
    ['LeakyReLU', 'leaky_re_lu'],
    ['BatchNormalization', 'batch_normalization'],
  ])('%s becomes %s, as in Keras', (kind, name) => expect(snakeCase(kind)).toBe(name));

  it('number repeated names', () => {
    expect(uniqueName('dense', new Set())).toBe('dense');
    expect(uniqueName('dense', new Set(['dense', 'dense_1']))).toBe('dense_2');
    expect(uniqueName('dense_1', new Set(['dense_1']))).toBe('dense_2');
    expect(uniqueName('dense_1', new Set(['dense_1', 'dense_2']))).toBe('dense_3');
  });
});

describe('edits', () => {
  it('adds after a node inside a chain', () => {
    const document = chain('Input', 'Dense', 'Output');
    const createId = () => 'new';
    const node = edits.createNode(document, 'Dropout', { x: 0, y: 0 }, () => 'drop');
    const after = applyChange(document, addNodeAfter(document, document.nodes[1]!.id, node, createId));
    expect(links(after)).toEqual(['input>dense', 'dropout>output', 'dense>dropout']);
    const y = (name: string) => after.nodes.find((other) => other.name === name)!.position.y;
    expect(y('dropout')).toBeLessThan(y('output'));
  });

  it('keeps the order of inputs when inserting on an edge', () => {
    let document = chain('Input', 'Dense');
    const createId = countingIds();
    const ids = () => `x${createId()}`;
    const other = edits.createNode(document, 'Input', { x: 300, y: 0 }, ids);
    document = applyChange(document, edits.addNode(document, other));
    document = applyChange(
      document,
      edits.connect(document, { source: other.id, target: document.nodes[1]!.id }, ids)!,
    );
    const node = edits.createNode(document, 'Flatten', { x: 0, y: 50 }, ids);
    const after = applyChange(document, insertOnEdge(document, document.edges[0]!.id, node, ids));
    const target = document.nodes[1]!.id;
    expect(links({ ...after, edges: after.edges.filter((edge) => edge.target === target) })).toEqual([
      'flatten>dense',
      'input_1>dense',
    ]);
  });

  it('removes edges with their node, and lists them in the label', () => {
    const document = chain('Input', 'Dense', 'Dense', 'Output');
    const change = edits.remove(document, [document.nodes[1]!.id, document.nodes[2]!.id]);
    expect(change.label).toBe('Delete 2 layers');
    expect(applyChange(document, change).edges).toEqual([]);
    expect(edits.remove(document, [document.nodes[1]!.id]).label).toBe("Delete 'dense'");
    expect(edits.remove(document, [], [document.edges[0]!.id]).label).toBe('Delete 1 connection');
  });

  it('rejects self-loops and edges to an occupied port', () => {
    const document = chain('Input', 'Dense', 'Add');
    const [a, b, c] = document.nodes.map((node) => node.id) as [string, string, string];
    const created = () => 'e';
    expect(edits.connect(document, { source: a, target: a }, created)).toBeNull();
    const twice = applyChange(document, edits.connect(document, { source: b, target: c }, created)!);
    expect(links(twice)).toEqual(['input>dense', 'dense>add', 'dense>add']);
    const port = { source: a, target: c, targetPort: 'left' };
    const named = applyChange(document, edits.connect(document, port, created)!);
    expect(named.edges.at(-1)).toEqual({ id: 'e', ...port });
    expect(edits.connect(named, { ...port, source: b }, () => 'f')).toBeNull();
    expect(edits.reconnect(named, document.edges[1]!.id, port)).toBeNull();
    expect(edits.reconnect(named, 'e', port)).toBeNull();
    const moved = applyChange(named, edits.reconnect(named, 'e', { ...port, targetPort: 'right' })!);
    expect(moved.edges.at(-1)).toEqual({ id: 'e', ...port, targetPort: 'right' });
  });

  it('keep the port of an edge at the end that stays', () => {
    const document = chain('Input', 'Dense', 'Output');
    const [edge] = document.edges;
    const named = { ...document, edges: [{ ...edge!, sourcePort: 's', targetPort: 't' }, document.edges[1]!] };
    const node = edits.createNode(named, 'Dropout', { x: 0, y: 0 }, () => 'new');
    const edges = (change: { operations: readonly Operation[] }) =>
      applyChange(named, { label: '', ...change }).edges.map(({ source, target, sourcePort, targetPort }) =>
        [source, sourcePort, target, targetPort].filter(Boolean).join(' '),
      );
    const [input, dense, output] = named.nodes.map(({ id }) => id);
    expect(edges(insertOnEdge(named, edge!.id, node, () => 'x'))).toEqual([
      `new ${dense} t`,
      `${input} s new`,
      `${dense} ${output}`,
    ]);
    expect(edges(addNodeAfter(named, input!, node, () => 'x'))).toEqual([
      `new ${dense} t`,
      `${dense} ${output}`,
      `${input} new`,
    ]);
    expect(edges(takeOut(named, [dense!])!)).toEqual([`${input} s ${output}`]);
    const fragment = copyNodes(named, [input!, dense!])!;
    let count = 0;
    const pasted = paste(named, fragment, { x: 0, y: 0 }, () => `copy ${count++}`).change;
    expect(applyChange(named, pasted).edges.at(-1)).toMatchObject({ sourcePort: 's', targetPort: 't' });
  });

  it('sets and clears a parameter, and freezes several at once', () => {
    const document = chain('Dense', 'Dense', 'Dense');
    const ids = document.nodes.map((node) => node.id);
    const set = applyChange(document, edits.setParameter(document, [ids[0]!], 'units', 10)!);
    expect(set.nodes[0]!.params).toEqual({ units: 10 });
    expect(set.nodes[1]).toBe(document.nodes[1]);
    expect(applyChange(set, edits.setParameter(set, [ids[0]!], 'units', undefined)!).nodes[0]!.params).toEqual({});
    const frozen = edits.setFrozen(document, ids, true)!;
    expect(frozen.label).toBe('Freeze 3 layers');
    expect(edits.setFrozen(applyChange(document, frozen), ids, true)).toBeNull();
  });

  it('pastes with new names and the edges between the copies', () => {
    const document = chain('Input', 'Dense', 'Output');
    const fragment = copyNodes(document, [document.nodes[0]!.id, document.nodes[1]!.id])!;
    expect(parseFragment(JSON.stringify(fragment))).toEqual(fragment);
    expect(parseFragment('hello')).toBeNull();
    let count = 0;
    const { change, nodeIds } = paste(document, fragment, { x: 10, y: 10 }, () => `p${(count += 1)}`);
    const after = applyChange(document, change);
    expect(after.nodes.filter((node) => nodeIds.includes(node.id)).map((node) => node.name)).toEqual([
      'input_1',
      'dense_1',
    ]);
    expect(links(after)).toContain('input_1>dense_1');
  });

  it('rejects changes that do not fit the document', () => {
    const document = chain('Input', 'Dense');
    expect(() =>
      applyChange(document, { label: '', operations: [{ kind: 'removeNode', nodeId: document.nodes[0]!.id }] }),
    ).toThrow(/still has edge/);
    expect(() => applyChange(document, { label: '', operations: [{ kind: 'removeEdge', edgeId: 'none' }] })).toThrow(
      /does not exist/,
    );
  });
});

describe('history', () => {
  it('undoes and redoes to any step', () => {
    const document = chain('Dense');
    let history = createHistory(document);
    for (const name of ['a', 'b', 'c']) history = seal(performChange(history, edits.renameDocument(name)));
    const back = goTo(history, 1);
    expect([back.documents.name, back.done.length, back.undone.length]).toEqual(['a', 1, 2]);
    expect(goTo(back, 3).documents).toEqual(history.documents);
    expect(goTo(back, 0).documents).toEqual(document);
    expect(goTo(history, 99)).toBe(history);
  });

  it('merges typing into one field into one step until the field is left', () => {
    const document = chain('Dense');
    const id = document.nodes[0]!.id;
    const type = (history: History<ModelDocument>, value: number) =>
      performChange(history, edits.setParameter(history.documents, [id], 'units', value)!);
    let history = type(type(type(createHistory(document), 1), 12), 128);
    expect(history.done).toHaveLength(1);
    history = type(seal(history), 64);
    expect(history.done).toHaveLength(2);
    expect(undoLabel(history)).toBe("Set units of 'dense'");
    history = undo(history);
    expect(history.documents.nodes[0]!.params).toEqual({ units: 128 });
    expect(redoLabel(history)).toBe("Set units of 'dense'");
    history = undo(history);
    expect(history.documents.nodes[0]!.params).toEqual({});
  });

  it('discards undone steps after a new edit', () => {
    const document = chain('Dense', 'Dense');
    let history = performChange(createHistory(document), edits.renameDocument('a'));
    history = undo(history);
    history = performChange(history, edits.renameDocument('b'));
    expect(redoLabel(history)).toBeNull();
    expect(history.documents.name).toBe('b');
  });
});

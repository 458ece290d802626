import { describe, expect, it } from 'vitest';
import { freezeAllBut, setFrozenPath } from '../../src-shared/document/blocks/block-freezing.ts';
import { withAncestors, withBetween, withDescendants } from '../../src-shared/document/schema/ancestors.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { chainModel, denseBlock, layer, use } from '../support/block-documents.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';

describe('nodes along connections', () => {
  /** a → b → d → e, a → c → d, f alone. */
  const nodes = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ id }));
  const edges = ['ab', 'bd', 'ac', 'cd', 'de'].map(([source, target]) => ({ source, target }));
  const graph = { nodes, edges } as unknown as ModelDocument;

  it.each([
    [withAncestors, ['d'], 'abcd'],
    [withDescendants, ['b'], 'bde'],
    [withDescendants, ['f'], 'f'],
    [withBetween, ['a', 'd'], 'abcd'],
    [withBetween, ['e', 'b'], 'bde'],
    [withBetween, ['b', 'c'], 'bc'],
    [withBetween, ['a', 'f'], 'af'],
    [withBetween, [], ''],
  ] as const)('%o of %j', (find, ids, expected) => {
    expect(find(graph, ids).join('')).toBe(expected);
  });
});

describe('freezeAllBut', () => {
  const document = chainModel(
    [
      layer('Dense', 'one', { units: 4 }),
      use('stack', 'stack', { repeat: 2 }),
      layer('Dense', 'two', { units: 4 }),
      layer('Dense', 'head', { units: 2 }),
    ],
    [denseBlock],
  );
  const ids = ['one', 'stack', 'two', 'head'];
  const frozen = ({ nodes }: ModelDocument): string[] => nodes.filter((node) => node.frozen).map(({ name }) => name);
  const freeze = (from: ModelDocument, last: number): ModelDocument =>
    applyAndUndo(from, freezeAllBut(from, null, ids, last)!);

  it('freezes the first layers and unfreezes the last ones in one change', () => {
    const one = freeze(document, 1);
    expect(frozen(one)).toEqual(['one', 'stack', 'two']);
    const three = freeze(one, 3);
    expect(frozen(three)).toEqual(['one']);
    expect(freezeAllBut(three, null, ids, 3)).toBeNull();
    expect(frozen(freeze(three, 4))).toEqual([]);
    expect(frozen(freeze(three, 0))).toEqual(ids);
  });

  it('unfreezes what is frozen inside the last blocks', () => {
    const inside = applyAndUndo(document, setFrozenPath(document, 'stack', ['norm'], true, 'norm')!);
    const changed = freeze(inside, 3);
    expect(frozen(changed)).toEqual(['one']);
    expect(changed.nodes.find(({ id }) => id === 'stack')?.frozenPaths).toBeUndefined();
  });

  it('freezes layers inside the open block', () => {
    const change = freezeAllBut(document, 'stack', ['dense', 'norm'], 1)!;
    const inside = applyAndUndo(document, change).blocks[0]!.nodes;
    expect(inside.filter((node) => node.frozen).map(({ id }) => id)).toEqual(['dense']);
  });
});
